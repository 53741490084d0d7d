"""Marshmallow fields that are strict, bounded, and speak in codes of the problem catalogue.

The stock fields round decimals, truncate 1.9 to 1, take 10**30, NUL characters and naive moments.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from functools import cache
from typing import TYPE_CHECKING, Any
from uuid import UUID

import marshmallow as ma
import phonenumbers

from registry.core.korean import business_number, corporate_number
from registry.core.problems import Flaw
from registry.core.text import digits_of, is_hostile, looks_like_resident_number

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

MAX_WON = 10**15  # a thousand times the city's whole target; fits 64 bits when summed
EARLIEST_YEAR, LATEST_YEAR = 1900, 2199


# What `text.is_hostile` refuses, as the document says it.
ONE_LINE = "^[^\\u0000-\\u001f\\u007f-\\u009f\\u202a-\\u202e\\u2066-\\u2069\\ufffe\\uffff]*$"
MULTILINE = ONE_LINE.replace("\\u0000-\\u001f", "\\u0000-\\u0008\\u000b-\\u001f")


class Coded(ma.fields.Field[Any]):
    """A field whose errors are flaws: a code of the catalogue with its facts."""

    default_error_messages = {  # noqa: RUF012 - marshmallow's own class attribute
        "required": "required",
        "null": "null",
        "validator_failed": "invalid-type",
        "invalid": "invalid-type",
    }

    def make_error(self, key: str, **facts: Any) -> ma.ValidationError:
        """A validation error carrying a flaw instead of a text."""
        return flawed(self.error_messages.get(key, key), **facts)  # type: ignore[arg-type]


def flawed(code: str, **facts: Any) -> ma.ValidationError:
    """A validation error of one flaw, to raise in a field or a schema's check."""
    return ma.ValidationError([Flaw(code, facts=facts)])


def flawed_at(field: str, code: str, **facts: Any) -> ma.ValidationError:
    """As `flawed`, at a named field, to raise in a schema's cross-field check."""
    return ma.ValidationError({field: [Flaw(code, facts=facts)]})


class Text(Coded, ma.fields.String):
    """Text of bounded length without hostile characters; white space around it is dropped.

    `personal=True` refuses what looks like a resident registration number.
    """

    def __init__(
        self,
        *,
        longest: int = 200,
        shortest: int = 1,
        pattern: str | None = None,
        personal: bool = False,
        multiline: bool = False,
        **kwargs: Any,
    ) -> None:
        shape = f"^{pattern}$" if pattern else MULTILINE if multiline else ONE_LINE
        metadata = {"minLength": shortest, "maxLength": longest, "pattern": shape}
        metadata |= kwargs.pop("metadata", {})
        super().__init__(metadata=metadata, **kwargs)
        self.longest, self.shortest = longest, shortest
        self.pattern = re.compile(pattern) if pattern else None
        self.personal, self.multiline = personal, multiline

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> str:  # noqa: ANN401, ARG002
        if not isinstance(value, str):
            raise flawed("invalid-type")
        if is_hostile(value, multiline=self.multiline):
            raise flawed("invalid-text")
        value = str(value).strip()
        if self.personal and looks_like_resident_number(value):
            raise flawed("resident-number")
        if len(value) > self.longest:
            raise flawed("too-long", limit=self.longest)
        if len(value) < self.shortest:
            raise flawed("blank" if not value else "too-short", limit=self.shortest)
        if self.pattern and not self.pattern.fullmatch(value):
            raise flawed("invalid-pattern")
        return str(value)


class Code(Text):
    """A code of a code list, or of a record: letters, digits and `_ - .`."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(longest=64, pattern=r"[A-Za-z0-9][A-Za-z0-9_.\-]*", **kwargs)


class Choice(Text):
    """One of a few fixed words."""

    def __init__(self, choices: Iterable[str], **kwargs: Any) -> None:
        self.choices = tuple(choices)
        super().__init__(
            longest=64, metadata={"enum": list(self.choices)} | kwargs.pop("metadata", {}), **kwargs
        )

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> str:  # noqa: ANN401
        text = super()._deserialize(value, *args, **kwargs)
        if text not in self.choices:
            raise flawed("invalid-choice", choices=", ".join(self.choices))
        return text


class Choices(Coded, ma.fields.String):
    """Up to `most` different words out of a few, separated by commas; loads as a tuple."""

    def __init__(self, choices: Iterable[str], *, most: int, **kwargs: Any) -> None:
        self.choices, self.most = tuple(choices), most
        described = f"up to {most}, separated by commas, of: {', '.join(self.choices)}"
        word = "|".join(re.escape(choice) for choice in self.choices)
        shape = f"^(({word})(,({word})){{0,{most - 1}}})?$"
        super().__init__(metadata={"description": described, "pattern": shape}, **kwargs)

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401, ARG002
        words = tuple(value.split(",")) if value else ()
        if not set(words) <= set(self.choices):
            raise flawed("invalid-choice", choices=", ".join(self.choices))
        if len(set(words)) != len(words):
            raise flawed("repeated")
        if len(words) > self.most:
            raise flawed("too-many", limit=self.most)
        return words


class Day(Coded, ma.fields.Date):
    """A date written 2026-03-02, between 1900 and 2199."""

    def __init__(self, **kwargs: Any) -> None:
        metadata = {"pattern": "^(19|20|21)"} | kwargs.pop("metadata", {})
        super().__init__(metadata=metadata, **kwargs)

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> date:  # noqa: ANN401, ARG002
        if not isinstance(value, str) or not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
            raise flawed("invalid-date")
        try:
            day = date.fromisoformat(value)
        except ValueError:
            raise flawed("invalid-date") from None
        if not EARLIEST_YEAR <= day.year <= LATEST_YEAR:
            raise flawed("out-of-range", min=EARLIEST_YEAR, max=LATEST_YEAR)
        return day


class Month(Coded, ma.fields.String):
    """A month written 2026-03; loads as the integer 202603."""

    def __init__(self, **kwargs: Any) -> None:
        shape = {"pattern": "^[0-9]{4}-(0[1-9]|1[0-2])$"}
        super().__init__(metadata=shape | kwargs.pop("metadata", {}), **kwargs)

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> int:  # type: ignore[override]  # noqa: ANN401, ARG002
        if not isinstance(value, str) or not re.fullmatch("[0-9]{4}-(0[1-9]|1[0-2])", value):
            raise flawed("invalid-month")
        return int(value[:4]) * 100 + int(value[5:])


class MomentText(Coded, ma.fields.DateTime):
    """A moment in RFC 3339 with its offset; answers are UTC with `Z`."""

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> datetime:  # noqa: ANN401, ARG002
        shape = r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?([Zz]|[+-][0-9]{2}:[0-9]{2})"
        if not isinstance(value, str) or not re.fullmatch(shape, value):
            raise flawed("invalid-moment")
        try:
            return datetime.fromisoformat(value.upper()).astimezone(UTC)
        except (ValueError, OverflowError):
            raise flawed("invalid-moment") from None

    def _serialize(self, value: Any, *args: Any, **kwargs: Any) -> str | None:  # noqa: ANN401, ARG002
        return None if value is None else rfc3339(value)


class AsOf(Coded, ma.fields.String):
    """A date (2026-11-01), or a moment with its offset; loads as a date or an aware datetime."""

    def __init__(self, **kwargs: Any) -> None:
        forms = [
            {"type": "string", "format": "date", "pattern": "^(19|20|21)"},
            {"type": "string", "format": "date-time"},
        ]
        super().__init__(metadata={"anyOf": forms} | kwargs.pop("metadata", {}), **kwargs)

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401, ARG002
        is_day = isinstance(value, str) and len(value) == len("2026-11-01")
        return Day().deserialize(value) if is_day else MomentText().deserialize(value)


def rfc3339(moment: datetime) -> str:
    """A moment as text: UTC with `Z`, microseconds only if there are any."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


class Count(Coded, ma.fields.Integer):
    """A whole number within bounds; 1.0, true and "1" are not numbers in JSON."""

    def __init__(self, smallest: int = 0, largest: int = 10**9, **kwargs: Any) -> None:
        bounds = {"minimum": smallest, "maximum": largest}
        super().__init__(metadata=bounds | kwargs.pop("metadata", {}), **kwargs)
        self.smallest, self.largest = smallest, largest

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> int:  # noqa: ANN401, ARG002
        if isinstance(value, bool) or not isinstance(value, int):
            raise flawed("invalid-number")
        return self._bounded(value)

    def _bounded(self, value: int) -> int:
        if not self.smallest <= value <= self.largest:
            raise flawed("out-of-range", min=self.smallest, max=self.largest)
        return value


class QueryCount(Count):
    """A whole number in a query string: plain ASCII digits."""

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> int:  # noqa: ANN401, ARG002
        if not re.fullmatch("-?[0-9]{1,18}", value):
            raise flawed("invalid-number")
        return self._bounded(int(value))


class Won(Count):
    """A positive amount of won, or (`smallest=0`) none."""

    def __init__(self, smallest: int = 1, **kwargs: Any) -> None:
        super().__init__(smallest, MAX_WON, **kwargs)


class Ratio(Coded, ma.fields.Float):
    """A number of at most four decimals, in an answer."""


class Figure(Coded, ma.fields.Float):
    """A JSON number of at most two decimals; loads as an exact Decimal, answers as it is."""

    def __init__(self, smallest: int = 0, largest: int = MAX_WON, **kwargs: Any) -> None:
        bounds = {"minimum": smallest, "maximum": largest}
        super().__init__(metadata=bounds | kwargs.pop("metadata", {}), **kwargs)
        self.smallest, self.largest = smallest, largest

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401, ARG002
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise flawed("invalid-number")
        if not self.smallest <= value <= self.largest:
            raise flawed("out-of-range", min=self.smallest, max=self.largest)
        number = Decimal(repr(value))  # the shortest text of a double is what was written
        if number != round(number, 2):
            raise flawed("invalid-decimal", places=2)
        return number

    def _serialize(self, value: Any, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401, ARG002
        return value


class DecimalText(Coded, ma.fields.String):
    """An exact positive decimal in a string, such as "1350.55"; loads as Decimal, never rounded."""

    def __init__(self, places: int, digits: int = 12, **kwargs: Any) -> None:
        shape = {"pattern": rf"^[0-9]{{1,{digits}}}(\.[0-9]{{1,{places}}})?$"}
        super().__init__(metadata=shape | kwargs.pop("metadata", {}), **kwargs)
        self.places = places
        self.shape = re.compile(rf"[0-9]{{1,{digits}}}(\.[0-9]{{1,{places}}})?")

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> Decimal:  # type: ignore[override]  # noqa: ANN401, ARG002
        if not isinstance(value, str) or not self.shape.fullmatch(value):
            raise flawed("invalid-decimal", places=self.places)
        try:
            number = Decimal(value)
        except InvalidOperation:
            raise flawed("invalid-decimal", places=self.places) from None
        if number <= 0:
            raise flawed("out-of-range", min="0.000001", max="999999999999")
        return number

    def _serialize(self, value: Any, *args: Any, **kwargs: Any) -> str | None:  # noqa: ANN401, ARG002
        return None if value is None else plain_decimal(value)


def plain_decimal(number: Decimal) -> str:
    """A decimal without exponent and without needless zeros: 1350.55, 10."""
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


class Flag(Coded, ma.fields.Boolean):
    """true or false in JSON."""

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> bool:  # noqa: ANN401, ARG002
        if not isinstance(value, bool):
            raise flawed("invalid-boolean")
        return value


class QueryFlag(Flag):
    """true or false in a query string."""

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> bool:  # noqa: ANN401, ARG002
        if value not in {"true", "false"}:
            raise flawed("invalid-boolean")
        return bool(value == "true")


class Identifier(Coded, ma.fields.UUID):
    """A record's id: a UUID in its usual form."""

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> UUID:  # noqa: ANN401, ARG002
        if not isinstance(value, str) or not re.fullmatch(
            "[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", value
        ):
            raise flawed("invalid-id")
        return UUID(value)


class Mobile(Text):
    """A Korean mobile number; loads as +8210XXXXXXXX. The dead 011-019 numbers are refused."""

    def __init__(self, **kwargs: Any) -> None:
        shape = {"pattern": r"^(0|\+82[- ]?)10[- ]?[0-9]{4}[- ]?[0-9]{4}$"}
        shape |= kwargs.pop("metadata", {})
        super().__init__(longest=30, personal=True, metadata=shape, **kwargs)

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> str:  # noqa: ANN401
        text = super()._deserialize(value, *args, **kwargs)
        try:
            parsed = phonenumbers.parse(digits_of(text), "KR")
        except phonenumbers.NumberParseException:
            raise flawed("invalid-mobile") from None
        number = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
        if not re.fullmatch(r"\+8210[0-9]{8}", number):
            raise flawed("invalid-mobile")
        return number


class Email(Text):
    """An e-mail address, checked for shape only."""

    def __init__(self, **kwargs: Any) -> None:
        shape = {"pattern": r"^[^@\s]+@[^@\s]+\.[^@\s.]+$"} | kwargs.pop("metadata", {})
        super().__init__(longest=254, personal=True, metadata=shape, **kwargs)

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> str:  # noqa: ANN401
        text = super()._deserialize(value, *args, **kwargs)
        if not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s.]+", text):
            raise flawed("invalid-email")
        return text


class BusinessNumber(Text):
    """A business registration number; loads as its ten digits. Its check digit must hold."""

    def __init__(self, **kwargs: Any) -> None:
        shape = {"pattern": "^[0-9]{3}-?[0-9]{2}-?[0-9]{5}$"} | kwargs.pop("metadata", {})
        super().__init__(longest=40, metadata=shape, **kwargs)

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> str:  # noqa: ANN401
        number = business_number(super()._deserialize(value, *args, **kwargs))
        if number is None:
            raise flawed("invalid-business-number")
        return number


class CorporateNumber(Text):
    """A corporate registration number; loads as its thirteen digits, whatever the last one is."""

    def __init__(self, **kwargs: Any) -> None:
        shape = {"pattern": "^[0-9]{6}-?[0-9]{7}$"} | kwargs.pop("metadata", {})
        super().__init__(longest=40, metadata=shape, **kwargs)

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> str:  # noqa: ANN401
        number = corporate_number(super()._deserialize(value, *args, **kwargs))
        if number is None:
            raise flawed("invalid-corporate-number")
        return number


class Part(Coded, ma.fields.Nested):
    """An object within the object."""


class Open(Coded, ma.fields.Dict):
    """An answer's object whose members depend on the question."""


class Many(Coded, ma.fields.List[Any]):
    """A bounded list without repetition of its own."""

    def __init__(self, inner: ma.fields.Field[Any], *, most: int = 50, **kwargs: Any) -> None:
        metadata = {"maxItems": most} | kwargs.pop("metadata", {})
        super().__init__(inner, metadata=metadata, **kwargs)
        self.most = most

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> list[Any]:  # noqa: ANN401
        if not isinstance(value, list):
            raise flawed("invalid-type")
        if len(value) > self.most:
            raise flawed("too-many", limit=self.most)
        return super()._deserialize(value, *args, **kwargs)


class Input(ma.Schema):
    """What a client sends: unknown fields are refused, each error is a flaw."""

    class Meta:
        """Refuse what is not declared."""

        unknown = ma.RAISE
        ordered = True

    error_messages = {"unknown": "unknown-field", "type": "invalid-type"}  # noqa: RUF012


class Output(ma.Schema):
    """What the registry answers: every declared field is always present, null if empty."""


@cache
def ready(schema: type[ma.Schema]) -> ma.Schema:
    """The schema's one instance: making one copies every field, and it keeps no state."""
    return schema()


def flaws_of(messages: Mapping[Any, Any] | list[Any], location: str) -> list[Flaw]:
    """Marshmallow's nested messages as flaws with JSON pointers, or parameter names."""
    return list(_walk(messages, "", location))


def _walk(node: Any, path: str, location: str) -> Iterable[Flaw]:  # noqa: ANN401
    if isinstance(node, dict):
        for key, inner in node.items():
            step = "" if key == "_schema" else f"/{str(key).replace('~', '~0').replace('/', '~1')}"
            yield from _walk(inner, path + step, location)
        return
    for item in node if isinstance(node, list) else [node]:
        if isinstance(item, (dict, list)):
            yield from _walk(item, path, location)
        else:
            yield _placed(item, path, location)


def _placed(item: Any, path: str, location: str) -> Flaw:  # noqa: ANN401
    flaw = item if isinstance(item, Flaw) else Flaw(str(item))
    if location == "query":
        code = "unknown-parameter" if flaw.code == "unknown-field" else flaw.code
        return Flaw(code, parameter=path.split("/")[1] if path else "", facts=flaw.facts)
    return Flaw(flaw.code, pointer=path, facts=flaw.facts)
