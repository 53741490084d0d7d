"""What HTTP adds to a question: language, conditional requests, idempotency, headers."""

from __future__ import annotations

import hashlib
import re
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from flask import Response, request
from sqlalchemy import JSON, ForeignKey, Index, delete, select
from sqlalchemy.orm import Mapped, mapped_column

from registry.core.crypto import canonical
from registry.core.problems import LANGUAGES, DomainError
from registry.core.types import Base, Document, Id

if TYPE_CHECKING:
    from flask import Flask
    from sqlalchemy.orm import Session

    from registry.core.crypto import Keyring
    from registry.core.work import Work

LONGEST_IDEMPOTENCY_KEY = 255


def language() -> str:
    """The language to answer in: Korean unless `Accept-Language` prefers English."""
    for tag, quality in request.accept_languages:
        primary = tag.partition("-")[0].lower()
        if quality > 0 and primary in LANGUAGES:
            return primary
    return LANGUAGES[0]


def expected_version() -> int:
    """The version `If-Match` names; a weak form is accepted, `*` is not.

    Raises precondition-required without one, precondition-failed for a tag of nothing.
    """
    header = request.headers.get("If-Match", "").strip()
    if not header or header == "*":
        raise DomainError("precondition-required")
    found = re.fullmatch(r'(?:W/)?"([0-9]{1,9})(?:-[0-9a-f]+)?"', header)
    if not found:
        raise DomainError("precondition-failed")
    return int(found.group(1))


def tag_of(body: bytes, version: int | None) -> str:
    """The entity tag: the version first where the resource has one, then a digest of the body."""
    digest = hashlib.sha256(body).hexdigest()[:20]
    return digest if version is None else f"{version}-{digest}"


def finish_read(response: Response, version: int | None, *, keyed: bool) -> None:
    """Add tag and caching headers."""
    response.set_etag(tag_of(response.get_data(), version))
    response.headers["Cache-Control"] = "private, no-cache" if keyed else "public, no-cache"
    response.vary.update(("Authorization", "Accept", "Accept-Language"))


def conditional(response: Response) -> Response:
    """Turn a repeated read into 304."""
    if "HTTP_IF_NONE_MATCH" in request.environ:
        response.make_conditional(request.environ)
    return response


SECURITY = (
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"),
    ("Referrer-Policy", "no-referrer"),
    ("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("Strict-Transport-Security", "max-age=31536000; includeSubDomains"),
    ("Cache-Control", "no-store"),
)


def install_security_headers(app: Flask) -> None:
    """Headers that make a browser keep its distance from what the API answers."""

    @app.after_request
    def _secure(response: Response) -> Response:
        said = {name.lower() for name in response.headers.keys()}  # noqa: SIM118 - no dict: names may repeat
        if "frame-ancestors *" in response.headers.get("Content-Security-Policy", ""):
            said.add("x-frame-options")  # it has no word for "anybody"
        for name, value in SECURITY:
            if name.lower() not in said:
                response.headers.add(name, value)
        return response


class IdempotencyRecord(Base):
    """The answer to a POST that carried an Idempotency-Key; holds no personal value."""

    __tablename__ = "idempotency"
    __table_args__ = (
        Index("uq_idempotency_request", "organisation_id", "method", "path", "key", unique=True),
    )

    id: Mapped[Id]
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    method: Mapped[str]
    path: Mapped[str]
    key: Mapped[str]
    fingerprint: Mapped[str]
    status: Mapped[int]
    headers: Mapped[dict[str, Any]] = mapped_column(Document)
    body: Mapped[dict[str, Any]] = mapped_column(JSON)  # not JSONB: the order of the keys stays
    at: Mapped[datetime] = mapped_column(index=True)


class Idempotency:
    """One request's Idempotency-Key: looks for the answer already given, or keeps this one.

    Runs under the writers' lock and in the same transaction as the write itself, so fifty
    parallel requests with one key make one row, and a worker killed after commit replays.
    """

    def __init__(self, key: str, keyring: Keyring, organisation_id: UUID, body: object) -> None:
        self.key = key
        self.organisation_id = organisation_id
        query = sorted(request.args.items(multi=True))
        self.fingerprint = keyring.fingerprint(canonical(query), canonical(body))

    @classmethod
    def of_request(
        cls, keyring: Keyring, organisation_id: UUID | None, body: object
    ) -> Idempotency | None:
        """The request's key, if it is a POST that carries one."""
        key = request.headers.get("Idempotency-Key")
        if key is None or request.method != "POST" or organisation_id is None:
            return None
        if not re.fullmatch(rf"[\x21-\x7e]{{1,{LONGEST_IDEMPOTENCY_KEY}}}", key):
            raise DomainError("bad-request")
        return cls(key, keyring, organisation_id, body)

    def replay(self, session: Session) -> Response | None:
        """The answer kept for this key, or None. Raises idempotency-key-reused."""
        kept = session.scalars(
            select(IdempotencyRecord).where(
                IdempotencyRecord.organisation_id == self.organisation_id,
                IdempotencyRecord.method == request.method,
                IdempotencyRecord.path == request.path,
                IdempotencyRecord.key == self.key,
            )
        ).one_or_none()
        if kept is None:
            return None
        if kept.fingerprint != self.fingerprint:
            raise DomainError("idempotency-key-reused")
        response = json_response(kept.body, kept.status)
        response.headers.update(kept.headers)
        response.headers["Idempotency-Replayed"] = "true"
        return response

    def keep(self, work: Work, body: dict[str, Any], status: int, headers: dict[str, str]) -> None:
        """Keep a 2xx answer in the write's own transaction; a secret is never kept."""
        kept = {**body, "secret": None} if "secret" in body else body
        work.session.add(
            IdempotencyRecord(
                organisation_id=self.organisation_id,
                method=request.method,
                path=request.path,
                key=self.key,
                fingerprint=self.fingerprint,
                status=status,
                headers=headers,
                body=kept,
                at=work.now,
            )
        )


def forget_old_answers(session: Session, now: datetime, hours: int) -> None:
    """Drop idempotency records older than the setting allows."""
    limit = now - timedelta(hours=hours)
    session.execute(delete(IdempotencyRecord).where(IdempotencyRecord.at < limit))


def json_response(
    body: object, status: int = 200, content_type: str = "application/json"
) -> Response:
    """A compact UTF-8 JSON answer; keys in the order of the contract."""
    from flask import json  # noqa: PLC0415 - the app's provider, once there is an app

    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"), sort_keys=False)
    return json_text_response(text, status, content_type)


def json_text_response(
    text: str, status: int = 200, content_type: str = "application/json"
) -> Response:
    """An answer that is JSON already."""
    return Response(text + "\n", status, content_type=content_type)
