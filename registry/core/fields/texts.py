"""Text, codes and words: bounded, and without characters that nobody sees."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import marshmallow as ma

from registry.core.fields.base import Coded, flawed
from registry.core.text import is_hostile, looks_like_resident_number

if TYPE_CHECKING:
    from collections.abc import Iterable

# What `text.is_hostile` refuses, as the document says it.
ONE_LINE = "^[^\\u0000-\\u001f\\u007f-\\u009f\\u202a-\\u202e\\u2066-\\u2069\\ufffe\\uffff]*$"
MULTILINE = ONE_LINE.replace("\\u0000-\\u001f", "\\u0000-\\u0008\\u000b-\\u001f")


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
