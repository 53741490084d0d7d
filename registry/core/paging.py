"""Keyset paging: pages that neither skip nor repeat a row while others write.

A cursor is the last row's sort values, signed, and bound to the list, its filters, its order and
the asker, so that it cannot be forged or carried to another question.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode
from uuid import UUID

from flask import request
from itsdangerous import BadSignature, URLSafeTimedSerializer
from sqlalchemy import literal, tuple_

from registry.core import fields as f
from registry.core.crypto import canonical, secret_digest
from registry.core.fields import Input, Output
from registry.core.parts import registry
from registry.core.problems import DomainError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sqlalchemy import Select

    from registry.core.work import Work

MOST, USUAL = 500, 50
HOUR = 3600


class CursorQuery(Input):
    """What a list of log entries takes: they never change."""

    limit = f.QueryCount(1, MOST, load_default=USUAL)
    cursor = f.Text(longest=1000, pattern=r"[A-Za-z0-9_.\-]+", load_default=None)


class PageQuery(CursorQuery):
    """What every list of records takes; a feature's filter adds its own fields."""

    updated_since = f.MomentText(load_default=None)
    changed_after_revision = f.QueryCount(0, 2**62, load_default=None)


class PageOf(Output):
    """A page: its items and the cursor of the next, null on the last."""

    next_cursor = f.Text(allow_none=True)


@dataclass(frozen=True)
class Page:
    """The rows of one page as they are presented, and the next page's cursor."""

    items: Sequence[Any]
    next_cursor: str | None

    @property
    def link(self) -> str | None:
        """The `Link` header that names the next page."""
        return next_link(self)

    def presented(self, change: Callable[[Any], Any]) -> Page:
        """The same page with each item changed for presentation."""
        return Page([change(item) for item in self.items], self.next_cursor)


def paged(
    work: Work,
    select: Select[Any],
    asked: dict[str, Any],
    keys: Sequence[Any],
    *,
    descending: bool = False,
    revision: int | None = None,
    shown: Callable[[Select[Any]], Select[Any]] | None = None,
) -> Page:
    """One page of a select of entities, ordered by `keys` (the last of them unique).

    With `shown` the page is of what it makes of a select of the page's keys: rows that have the
    keys too. With a `revision` it is a select of columns as at that revision, which the next
    page's cursor carries (`revision_of_cursor`). Raises invalid-cursor when the cursor is stale,
    forged or of another list.
    """
    binding = _binding(work, asked)
    serializer = _serializer()
    if asked.get("cursor"):
        last = _opened(serializer, asked["cursor"], binding)[0]
        if len(last) != len(keys):
            raise DomainError("invalid-cursor")
        pairs = zip(last, keys, strict=True)
        values = tuple_(*(literal(_typed(value, key), key.type) for value, key in pairs))
        position = tuple_(*keys)
        select = select.where(position < values if descending else position > values)
    order = [key.desc() if descending else key.asc() for key in keys]
    limit = asked["limit"]
    select = select.order_by(*order).limit(limit + 1)
    if shown is not None:
        select = shown(select.with_only_columns(*keys)).order_by(*order)
    found: Any = work.session.execute(select)
    rows = (found.scalars() if shown is None and revision is None else found).all()
    more = len(rows) > limit
    rows = rows[:limit]
    if not more:
        return Page(rows, None)
    last_values = [_plain(getattr(rows[-1], key.key)) for key in keys]
    return Page(rows, str(serializer.dumps([binding, last_values, revision])))


def revision_of_cursor(work: Work, asked: dict[str, Any]) -> int | None:
    """The revision that the pages before were of, None on the first. Raises invalid-cursor."""
    if not asked.get("cursor"):
        return None
    return _opened(_serializer(), asked["cursor"], _binding(work, asked))[1]


def next_link(page: Page) -> str | None:
    """The `Link` header's address of the next page, relative to this server."""
    if page.next_cursor is None:
        return None
    query = [(k, v) for k, v in request.args.items(multi=True) if k != "cursor"]
    query.append(("cursor", page.next_cursor))
    return f'<{request.path}?{urlencode(query)}>; rel="next"'


def _binding(work: Work, asked: dict[str, Any]) -> str:
    filters = {k: v for k, v in asked.items() if k not in {"cursor", "limit"}}
    who = [work.principal.organisation_id, getattr(work.principal, "key_id", None)]
    return secret_digest(canonical([request.path, filters, who]).decode())[:24]


def _serializer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(registry().settings.secret_key, salt="cursor")


def _opened(
    serializer: URLSafeTimedSerializer, cursor: str, binding: str
) -> tuple[list[Any], int | None]:
    age = registry().settings.cursor_hours * HOUR
    try:
        bound, values, revision = serializer.loads(cursor, max_age=age)
    except (BadSignature, ValueError, TypeError):
        raise DomainError("invalid-cursor") from None
    if bound != binding:
        raise DomainError("invalid-cursor")
    return list(values), revision


def _plain(value: Any) -> Any:  # noqa: ANN401
    return (
        value.isoformat()
        if isinstance(value, (date, datetime))
        else (str(value) if isinstance(value, UUID) else value)
    )


def _typed(value: Any, key: Any) -> Any:  # noqa: ANN401
    kind = key.type.python_type
    if kind is UUID:
        return UUID(value)
    if kind in (date, datetime):
        return kind.fromisoformat(value)
    return value
