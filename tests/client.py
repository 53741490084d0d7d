"""A client that speaks the API's manner, and the usual organisations with their keys."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from registry.access.principal import CITY_SCOPES, SCOPES, operator
from registry.access.service import create_key, create_organisation

if TYPE_CHECKING:
    from flask import Flask
    from werkzeug.test import TestResponse

    from registry.core.parts import Registry

BASE = "/api/v1"
USUAL = {
    "BUSAN": ("city", SCOPES),
    "PNU": (
        "training_institution",
        ("trainees:read", "trainees:write", "keys:manage", "audit:read", "imports:write"),
    ),
    "BTP": (
        "training_institution",
        ("trainees:read", "trainees:write", "keys:manage", "audit:read", "imports:write"),
    ),
    "BIPA": (
        "investment_agency",
        ("investments:read", "investments:write", "keys:manage", "audit:read"),
    ),
    "BEPA": (
        "investment_agency",
        ("investments:read", "investments:write", "keys:manage", "audit:read"),
    ),
}


class Refused(AssertionError):  # noqa: N818 - what a test says of it
    """An answer that a test did not expect."""


class Client:
    """Calls the API as one key's holder, or as nobody; JSON in, JSON out."""

    def __init__(self, app: Flask, key: str | None = None) -> None:
        self.http = app.test_client()
        self.key = key

    def call(self, method: str, path: str, **options: Any) -> TestResponse:
        """Call any path below /api/v1; `json`, `query`, `headers` as for Flask's client."""
        headers = dict(options.pop("headers", {}))
        if self.key is not None:
            headers.setdefault("Authorization", f"Bearer {self.key}")
        address = path if path.startswith(("/api/", "/health", "/metrics")) else BASE + path
        return self.http.open(
            address,
            method=method,
            headers=headers,
            query_string=options.pop("query", None),
            **options,
        )

    def get(self, path: str, **query: Any) -> Any:
        """GET and expect 200; the body."""
        return expect(
            self.call("GET", path, query={k.rstrip("_"): v for k, v in query.items()}), 200
        )

    def post(self, path: str, body: Any = None, **options: Any) -> Any:
        """POST and expect 200 or 201; the body."""
        sent = {"json": body} if body is not None else {}
        return expect(self.call("POST", path, **sent, **options), 200, 201)

    def patch(self, path: str, body: Any, **options: Any) -> Any:
        """Read the ETag, PATCH and expect 200; the body."""
        return expect(self.call("PATCH", path, json=body, headers=self.match(path), **options), 200)

    def change(self, path: str, act: str, body: Any, **options: Any) -> Any:
        """POST an act that needs If-Match (void, restore) and expect 200; the body."""
        answer = self.call("POST", f"{path}/{act}", json=body, headers=self.match(path), **options)
        return expect(answer, 200)

    def match(self, path: str) -> dict[str, str]:
        """The If-Match header of a resource as it stands."""
        answer = self.call("GET", path)
        expect(answer, 200)
        return {"If-Match": answer.headers["ETag"]}

    def refused(
        self, method: str, path: str, status: int, code: str | None = None, **options: Any
    ) -> Any:
        """Call and expect a problem of a status and code; the problem document."""
        answer = self.call(method, path, **options)
        problem = expect(answer, status)
        if answer.mimetype != "application/problem+json" or (code and problem["code"] != code):
            raise Refused(f"{method} {path}: expected {code}, got {problem}")
        return problem


def expect(answer: TestResponse, *statuses: int) -> Any:
    """The JSON body of an answer of one of the statuses."""
    if answer.status_code not in statuses:
        raise Refused(
            f"{answer.request.method} {answer.request.path}: {answer.status_code} {answer.get_data(as_text=True)[:1500]}"
        )
    return answer.get_json(silent=True)


class World:
    """The usual organisations; `world.pnu.post(...)` calls as that organisation's key."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.parts: Registry = app.extensions["registry"]
        self.ids: dict[str, Any] = {}
        self.nobody = Client(app)
        for code, (kind, scopes) in USUAL.items():
            self.organisation(code, kind)
            setattr(self, code.lower(), self.client(code, *scopes))

    def __getattr__(self, name: str) -> Client:
        raise AttributeError(name)

    def organisation(self, code: str, kind: str) -> None:
        """Create an organisation."""
        with self.parts.database.writing(operator("test")) as work:
            data = {"code": code, "kind": kind, "name": f"{code} 기관", "name_en": code}
            self.ids[code] = create_organisation(work, data).id

    def client(self, code: str, *scopes: str) -> Client:
        """A client with a new key of an organisation."""
        return Client(self.app, self.key(code, *scopes))

    def key(self, code: str, *scopes: str) -> str:
        """A new key of an organisation, as text."""
        from registry.access.models import Organisation

        with self.parts.database.writing(operator("test")) as work:
            owner = work.session.get_one(Organisation, self.ids[code])
            return create_key(work, owner, f"test {len(self.ids)}", scopes)[1]


__all__ = ["CITY_SCOPES", "Client", "Refused", "World", "expect"]
