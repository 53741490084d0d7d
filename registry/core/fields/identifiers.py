"""What people, companies and records are known by."""

from __future__ import annotations

import re
from typing import Any
from uuid import UUID

import marshmallow as ma
import phonenumbers

from registry.core.fields.base import Coded, flawed
from registry.core.fields.texts import Text
from registry.core.korean import business_number, corporate_number
from registry.core.text import digits_of


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
        text = digits_of(super()._deserialize(value, *args, **kwargs))
        if re.fullmatch("010[0-9]{8}", text):  # as nearly all are written: no need to parse it
            return f"+82{text[1:]}"
        try:
            parsed = phonenumbers.parse(text, "KR")
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
