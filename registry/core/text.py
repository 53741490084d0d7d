"""Text as people type it: what is refused, and how names and numbers are normalised."""

from __future__ import annotations

import re
import unicodedata
from datetime import date
from functools import cache

# Bidirectional overrides and isolates can make a text read as something else than it is.
_HOSTILE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]"
)
_HANGUL_FILLERS = "\u115f\u1160\u3164\uffa0"
_FORMATS = (range(0x20000), range(0xE0000, 0xE1000))  # where format characters are
_COMPOSED = re.compile("[가-힣]+")
_DASHES = "[-\u2010-\u2015\u2212]"
# Six digits of a date, then 1-8 and six digits or the usual mask (identifiers.md).
# Possessive, or a text of blanks after six digits takes the square of its length.
_RESIDENT = re.compile(rf"(?<!\d)(\d{{6}})\s*+{_DASHES}?\s*+[1-8](?:\d{{6}}(?!\d)|[*xX●]{{6}})")


def is_hostile(text: str, *, multiline: bool = False) -> bool:
    """Whether a text holds NUL, control characters, lone surrogates or bidi overrides."""
    return bool(_HOSTILE.search(text)) or (not multiline and ("\n" in text or "\t" in text))


def harmless(text: str) -> str:
    """The text with each character that nobody can read or that misleads as U+FFFD."""
    return _HOSTILE.sub("\ufffd", text)


def nfc(text: str) -> str:
    """The text with Hangul composed, as every comparison and the database expect it."""
    return unicodedata.normalize("NFC", text)


def looks_like_resident_number(text: str) -> bool:
    """Whether a text holds what looks like a resident registration number, masked or not."""
    plain = _seen(unicodedata.normalize("NFKC", text))
    return any(_is_yymmdd(found.group(1)) for found in _RESIDENT.finditer(plain))


def _is_yymmdd(digits: str) -> bool:
    # The century is unknown; 2000 is a leap year, so 29 February is let through as a date.
    try:
        date(2000, int(digits[2:4]), int(digits[4:6]))
    except ValueError:
        return False
    return True


def normal_name(name: str) -> str:
    """A person's or firm's name for comparison: compatibility forms folded, no space, no case.

    NFKC, then without white space, format characters and Hangul fillers, casefolded, NFKC again
    (identifiers.md, "Person identity").
    """
    if _COMPOSED.fullmatch(name):
        return name  # nothing of it changes
    folded = _seen(unicodedata.normalize("NFKC", name))
    kept = "".join(c for c in folded if not c.isspace())
    return unicodedata.normalize("NFKC", kept.casefold())


def _seen(text: str) -> str:
    """The text without what nobody sees: format characters and Hangul fillers."""
    return text if text.isascii() else _unseen().sub("", text)


@cache
def _unseen() -> re.Pattern[str]:
    formats = (chr(c) for among in _FORMATS for c in among if unicodedata.category(chr(c)) == "Cf")
    return re.compile(f"[{re.escape(''.join(formats))}{_HANGUL_FILLERS}]+")


def digits_of(text: str) -> str:
    """The number written with spaces or hyphens, in plain digits; other characters stay."""
    return re.sub(rf"[\s]|{_DASHES}", "", unicodedata.normalize("NFKC", text))
