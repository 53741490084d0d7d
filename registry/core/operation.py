"""What a route declares, written as an OpenAPI operation."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import marshmallow as ma

JSON = "application/json"
CREATED_AT = "x-created-at"  # a create's Location; the document makes links of it
STATUSES = {
    400: "Unreadable, or a cursor that cannot be used", 401: "No valid key",
    403: "The key lacks a scope", 404: "Not there, or not yours", 405: "Method not allowed",
    406: "No such representation", 409: "In conflict with the present state", 412: "Stale",
    413: "Too large", 415: "Unknown type", 422: "Invalid content", 428: "If-Match is required",
    429: "Too many requests", 500: "Unexpected; nothing was stored", 503: "Busy; try again",
}  # fmt: skip
OPTIONAL = "?"  # after a header's name: not in each answer of this status
ALWAYS = frozenset((400, 401, 406, 422, 429, 500, 503))
OK, CREATED, ACCEPTED = 200, 201, 202


@dataclass(frozen=True, kw_only=True)
class Operation:
    """One operation as its route declares it; `scopes` is None where no key is needed."""

    name: str
    method: str
    rule: str
    scopes: tuple[str, ...] | None
    answers: type[ma.Schema]
    also: type[ma.Schema] | None = None  # what JSON may say instead, if asked to
    query: type[ma.Schema]
    body: type[ma.Schema] | None = None
    takes: tuple[str, ...] = ()  # the types of a body that is a file
    status: int = OK
    location: str | None = None
    match: bool = False
    keeps: bool = True
    problems: tuple[int, ...] = ()
    produces: tuple[str, ...] = (JSON,)
    doc: dict[str, Any] = field(default_factory=dict)

    @property
    def is_read(self) -> bool:
        """Whether it keeps nothing."""
        return not self.keeps

    def described(self) -> dict[str, Any]:
        """The operation object, with schemas as marshmallow classes and the rest by reference."""
        operation: dict[str, Any] = {
            "operationId": self.name,
            "parameters": self._parameters(),
            "responses": self._successes() | {str(s): f"Problem{s}" for s in self._refusals()},
            "security": [{}, {"key": []}] if self.scopes is None else [{"key": [*self.scopes]}],
        }
        if self.body is not None:
            operation["requestBody"] = {
                "required": True,
                "content": {JSON: {"schema": self.body}},
            }
        if self.takes:
            file = {"schema": {"type": "string", "format": "binary"}}
            operation["requestBody"] = {
                "required": True,
                "content": dict.fromkeys(self.takes, file),
            }
        if self.location is not None and self.status == CREATED:
            operation[CREATED_AT] = self.location
        return operation | self.doc

    def _refusals(self) -> list[int]:
        found = ALWAYS | set(self.problems)
        found |= set() if self.scopes is None else {403}
        found |= {404} if "<" in self.rule else set()
        found |= {412, 428} if self.match else set()
        found |= set() if self.is_read else {409}
        found |= {413, 415} if self.body is not None or self.takes else set()
        return sorted(found)

    def _parameters(self) -> list[Any]:
        found: list[Any] = [{"in": "query", "schema": self.query}]
        found += ["If-None-Match"] if self.method == "GET" else []
        found += ["If-Match"] if self.match else []
        found += ["Idempotency-Key"] if self.method == "POST" and self.keeps else []
        return [*found, "Accept-Language"]

    def _successes(self) -> dict[str, Any]:
        if self.is_read:
            return self._answers()
        if self.status == ACCEPTED:
            return self._acceptances()
        either = {"anyOf": [self.answers, {"$ref": "#/components/schemas/DryRunEffect"}]}
        kept = {
            "description": "Kept; with `dry_run=true` the effect, and nothing is kept",
            "headers": self._headers("Registry-Revision?", "ETag?"),
            "content": {JSON: {"schema": either}},
        }
        if self.status == OK:
            return {"200": kept}
        kept["description"] = (
            "The same record was registered already, and nothing is kept; or, with "
            "`dry_run=true`, the effect"
        )
        created = {
            "description": "Created",
            "headers": self._headers("Registry-Revision", "Location", "ETag"),
            "content": {JSON: {"schema": self.answers}},
        }
        return {"200": kept, str(self.status): created}

    def _acceptances(self) -> dict[str, Any]:
        content = {JSON: {"schema": self.answers}}
        located = ("Location",) if self.location else ()
        at_once = "Done at once, as `Prefer: wait` asked" if self.location else "Done"
        return {
            "200": {"description": at_once, "headers": self._headers(), "content": content},
            "202": {
                "description": "Accepted: it is kept, and done by and by",
                "headers": self._headers(*located),
                "content": content,
            },
        }

    def _answers(self) -> dict[str, Any]:
        tagged = ("ETag",) if self.method == "GET" else ()
        found = {
            "200": {
                "description": "What was asked for",
                "headers": self._headers("Registry-Revision", *tagged, "Link"),
                "content": {kind: {"schema": self._schema(kind)} for kind in self.produces},
            },
        }
        if self.method == "GET":
            found["304"] = {
                "description": "Not modified since the ETag of If-None-Match",
                "headers": self._headers("Registry-Revision", *tagged),
            }
        return found

    def _headers(self, *names: str) -> dict[str, Any]:
        fields = self.answers._declared_fields  # noqa: SLF001 - marshmallow has no public way
        left_out = set() if self.is_read or "version" in fields else {"ETag", "ETag?"}
        left_out |= set() if "next_cursor" in fields else {"Link"}
        kept = [name for name in names if name not in left_out]
        kept += ["Idempotency-Replayed"] if self.method == "POST" and self.keeps else []
        return {name.rstrip(OPTIONAL): name for name in kept}

    def _schema(self, kind: str) -> Any:  # noqa: ANN401 - a marshmallow class or a JSON schema
        if kind.startswith(JSON):
            return {"anyOf": [self.answers, self.also]} if self.also else self.answers
        return {"type": "string"} if kind.startswith("text/") else {}
