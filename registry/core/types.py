"""Column types and identifiers that mean the same on both databases."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import count
from typing import TYPE_CHECKING, Annotated, Any, ClassVar
from uuid import UUID, SafeUUID

import uuid_utils
from sqlalchemy import CHAR, JSON, BigInteger, DateTime, MetaData, TypeDecorator
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import DeclarativeBase, mapped_column

if TYPE_CHECKING:
    from sqlalchemy import Dialect


def new_id() -> UUID:
    """A version 7 UUID (RFC 9562): sorts by the moment it was made."""
    drawn = uuid_utils.uuid7()
    number = drawn.int
    _keep_text(number, str(drawn))
    return id_of(number)


def id_of(number: int) -> UUID:
    """The id of a number that is known to be one's."""
    made = _bare(UUID)
    _set_number(made, number)
    _set_safety(made, _UNKNOWN)
    return made


def stand_in_id() -> UUID:
    """An id that tells apart what is never kept: made in a third of the time of a new one."""
    return id_of(next(_stand_ins))


_stand_ins = count(1)
_slots: Any = vars(UUID)
# Past the checks of a number that is known to be good.
_bare, _set_number, _set_safety = object.__new__, _slots["int"].__set__, _slots["is_safe"].__set__
_UNKNOWN = SafeUUID.unknown


def id_text(key: UUID) -> str:
    """An id as text: made in ten times what it takes to look up, and a batch needs it often."""
    return _texts.get(key.int) or _keep_text(key.int, str(key))


def _keep_text(number: int, text: str) -> str:
    if len(_texts) >= _MOST_TEXTS:
        _texts.clear()
    _texts[number] = text
    return text


_texts: dict[int, str] = {}
_MOST_TEXTS = 1 << 15


class Moment(TypeDecorator[datetime]):
    """An aware moment in UTC, to the microsecond; SQLite keeps it as sortable text."""

    impl = DateTime(timezone=True)
    cache_ok = True

    @property
    def python_type(self) -> type[datetime]:
        """What it holds in Python."""
        return datetime

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Turn an aware moment into what the database keeps; a naive one is a programming error."""
        if value is None:
            return None
        if value.tzinfo is None:
            message = "a moment needs its offset"
            raise ValueError(message)
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Give back an aware moment in UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Digest(TypeDecorator[str]):
    """128 bits as 32 hexadecimal digits; PostgreSQL keeps and compares them as it does an id."""

    impl = CHAR(32)
    cache_ok = True

    @property
    def python_type(self) -> type[str]:
        """What it holds in Python."""
        return str

    def load_dialect_impl(self, dialect: Dialect) -> Any:  # noqa: ANN401 - a type of the dialect
        """What the database keeps it as."""
        kept = postgresql.UUID(as_uuid=False) if dialect.name == "postgresql" else CHAR(32)
        return dialect.type_descriptor(kept)

    def process_result_value(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        """Give back its digits alone."""
        return None if value is None else value.replace("-", "")


Document = JSON().with_variant(postgresql.JSONB(), "postgresql")
# SQLite numbers rows only in a column of the exact type INTEGER.
Serial = BigInteger().with_variant(sqlite.INTEGER(), "sqlite")

Id = Annotated[UUID, mapped_column(primary_key=True, default=new_id)]

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """All tables; constraints have names, which the problem catalogue maps to codes."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        datetime: Moment(),
        dict[str, Any]: Document,
        list[Any]: Document,
    }
