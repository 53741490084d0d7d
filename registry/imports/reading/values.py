"""A column's cells as values of the API: what a file's habits are is undone, then judged once.

A column has few distinct values, mostly; each is read once and remembered. Long columns of names
and numbers are looked at as one text. What is wrong is None among the values and named beside
them: its reader must not take it for a blank.
"""

from __future__ import annotations

import re
from datetime import date, datetime
from types import NoneType
from typing import TYPE_CHECKING, Any

import marshmallow as ma

from registry.core import fields as f
from registry.core.problems import Flaw
from registry.imports.reading.amounts import EXACT_DIGITS, EXACT_NUMBER, SCIENTIFIC, read_won
from registry.imports.reading.cells import BETWEEN, cleaned, masked
from registry.imports.reading.dates import read_date, usual_day, usual_days
from registry.imports.reading.headers import plain
from registry.imports.reading.labels import items_of, meanings, nearest
from registry.imports.reading.rules import rule_of
from registry.imports.rows import CLEAR

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from registry.imports.reading.labels import Codes
    from registry.imports.rows import Field

REMEMBERED = 20_000  # distinct values of a column
LONGEST_SHOWN = 60
_REMEMBERED_TYPES = {str, float, date, datetime, NoneType}  # 1 and true are equal, but not the same
_SIMPLE_CELL = re.compile(r"[0-9A-Za-z가-힣 ._\-]*")
_MOBILE = re.compile(r"010-?([0-9]{4})-?([0-9]{4})")
_EMAIL = re.compile(r"[0-9A-Za-z_.%-]{1,64}@[0-9A-Za-z-]{1,60}(?:\.[0-9A-Za-z-]{1,60}){1,2}")
_SHAPES = {  # of all cells of a column at once, some of them blank
    "simple": re.compile(rf"[0-9A-Za-z가-힣 ._\-{BETWEEN}]*"),
    **{
        kind: re.compile(f"(?:(?:{one.pattern})?{BETWEEN})*+(?:{one.pattern})?")
        for kind, one in (("mobile", _MOBILE), ("email", _EMAIL))
    },
}
_ERRORS = {"#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NUM!", "#NULL!"}
_COUNT = re.compile(r"([0-9]{1,3}(?:,[0-9]{3})+|[0-9]{1,12})(?:\.0+)?\s*(?:명|개|차)?")
_EXCEL_SCIENTIFIC = re.compile(r"[0-9](?:\.[0-9]+)?[eE]\+[0-9]{2,3}")
_YES, _NO = {"true", "y", "yes", "예", "o", "1"}, {"false", "n", "no", "아니오", "x", "0"}
LONG_COLUMNS = ("text", "number_text")
AS_TYPED = ("text", "number_text", "mobile", "email", "birth_date")  # told as they were read


class Column:
    """Reads one column of a file, chunk after chunk."""

    def __init__(
        self,
        dataset: str,
        field: Field,
        codes: Codes,
        *,
        system: str | None = None,
        unit: int | None = None,
        typed: bool = False,
    ) -> None:
        self.field = field
        self.rule = rule_of(dataset, field.name)
        self.system, self.unit = system, unit
        self.typed = typed  # JSON: what is not text says itself what it is
        self.meanings = meanings(codes, field.codes) if field.codes else {}
        self.items = items_of(codes, field.codes) if field.codes else []
        self.known: dict[Any, Any] = {None: None, "": None, CLEAR.value: CLEAR}
        self._worded: dict[Any, str] = {}  # the cells among them that say it in other words
        self.said: list[str | None] = []
        self.longest = self._longest()
        self.is_day = type(self.rule) is f.Day and not self.rule.validators
        self._readers: dict[str, Callable[[Any], Any]] = {
            "date": self._date, "birth_date": self._date, "count": _count, "flag": _flag,
            "amount": lambda cell: read_won(cell, self.unit), "code": self._code,
            "codes": self._several, "texts": self._several,
        }  # fmt: skip

    def parse(self, raw: Sequence[Any]) -> tuple[list[Any], list[tuple[int, Flaw]]]:
        """The values, and what is wrong at which index. Facts of personal cells are masked.

        `said` is then what cells say that say it in other words; empty if none does.
        """
        self.said = []
        if raw.count("") == len(raw):
            return [None] * len(raw), []
        days = usual_days(raw) if self.is_day else None
        if days is not None:
            return days, []
        cells = cleaned(raw)
        kinds = set(map(type, cells))
        values = self._at_one_glance(cells, kinds)
        if values is not None:
            return values, []
        if list in kinds:
            cells = [tuple(cell) if type(cell) is list else cell for cell in cells]
        values = self._each_once(cells, kinds)
        if self._worded:
            self.said = list(map(self._worded.get, cells))
        if Flaw not in set(map(type, values)):
            return values, []
        flaws = [(at, value) for at, value in enumerate(values) if type(value) is Flaw]
        return [None if type(value) is Flaw else value for value in values], flaws

    def _at_one_glance(self, cells: list[Any], kinds: set[type]) -> list[Any] | None:
        """The values of cells that are all of the usual shape, or blank; None if not all are."""
        shape = _SHAPES.get("simple" if self.longest else self.field.kind)
        if kinds != {str} or shape is None:
            return None
        joined = BETWEEN.join(cells)
        if not shape.fullmatch(joined) or joined.count(BETWEEN) != len(cells) - 1:
            return None
        if self.field.kind == "mobile":
            return [f"+82{cell.replace('-', '')[1:]}" if cell else None for cell in cells]
        if self.longest and ("E+" in joined or max(map(len, cells)) > self.longest):
            return None
        return [cell or None for cell in cells]

    def _each_once(self, cells: list[Any], kinds: set[type]) -> list[Any]:
        """The values of cells, equal ones read once; a flaw for what is wrong."""
        known, passing = self.known, {}
        usual = usual_day if self.is_day else self._usual
        for cell in {c for c in cells if type(c) in _REMEMBERED_TYPES}.difference(known):
            value: Any = usual(cell)
            of_few = self.is_day or value is None  # names and numbers are not met again
            value = self._read(cell) if value is None else value
            if of_few and len(known) < REMEMBERED:
                known[cell] = value
                self._remember_words(cell, value)
            else:
                passing[cell] = value
        if kinds <= _REMEMBERED_TYPES:
            found = known | passing if passing else known
            return [found[cell] for cell in cells]
        return [self._one(cell, passing) for cell in cells]

    def _one(self, cell: Any, passing: Mapping[Any, Any]) -> Any:  # noqa: ANN401
        if type(cell) not in _REMEMBERED_TYPES:
            return self._read(cell)
        return passing[cell] if cell in passing else self.known[cell]

    def _remember_words(self, cell: Any, value: Any) -> None:  # noqa: ANN401
        """Keep what a cell says if its value would be told otherwise: 수강중, and not enrolled."""
        if self.typed or self.field.kind in AS_TYPED or isinstance(cell, date):
            return
        text = _shown(cell)
        if type(value) is not Flaw and text != str(value):
            self._worded[cell] = text

    def _longest(self) -> int:
        """How long a text may be that nothing but its length can make wrong; 0 if there is more."""
        rule = self.rule
        plain_text = isinstance(rule, f.Text) and rule.pattern is None
        if self.field.kind not in LONG_COLUMNS or type(rule) is not f.Text or not plain_text:
            return 0
        return rule.longest

    def _usual(self, cell: Any) -> str | None:  # noqa: ANN401
        """The value of a cell whose shape alone says that it is good, or None."""
        if type(cell) is not str:
            whole = type(cell) is float and cell.is_integer() and 0 <= cell < EXACT_NUMBER
            return str(int(cell)) if whole and self.longest >= EXACT_DIGITS else None
        if self.field.kind == "mobile":
            found = _MOBILE.fullmatch(cell)
            return f"+8210{found[1]}{found[2]}" if found else None
        if self.field.kind == "email":
            return cell if _EMAIL.fullmatch(cell) else None
        usual = self.longest and len(cell) <= self.longest and _SIMPLE_CELL.fullmatch(cell)
        return cell if usual and "E+" not in cell and cell.strip("-. ") else None

    def _read(self, cell: Any) -> Any:  # noqa: ANN401
        if cell is None:
            return None
        if isinstance(cell, str) and cell in _ERRORS:
            return self._shown(Flaw("formula-error"), cell)
        written = self._as_sent(cell)
        if isinstance(written, Flaw):
            return self._shown(written, cell)
        try:
            return self.rule.deserialize(written)
        except ma.ValidationError as error:
            return self._shown(next(f.flaws_of(error.messages, "json")), cell)

    def _as_sent(self, cell: Any) -> Any:  # noqa: ANN401
        """The cell as a program would have sent it in JSON, or what is wrong."""
        if self.typed and not isinstance(cell, str):
            return list(cell) if isinstance(cell, tuple) else cell
        if isinstance(cell, bool):
            cell = "true" if cell else "false"
        kind = self.field.kind
        reader = self._readers.get(kind)
        if reader is not None:
            return reader(cell)
        written = _text(cell, keeps_dates=kind == "text")
        if kind == "rate" and isinstance(written, str) and re.fullmatch(r"[0-9,.]+", written):
            return written.replace(",", "")
        return written

    def _date(self, cell: Any) -> str | Flaw:  # noqa: ANN401
        return Flaw("invalid-date") if isinstance(cell, tuple) else read_date(cell, self.system)

    def _code(self, cell: Any) -> str | Flaw:  # noqa: ANN401
        word = _text(cell, keeps_dates=False)
        if isinstance(word, Flaw) or not self.meanings:
            return word
        found = self.meanings.get(plain(word), set())
        if len(found) == 1:
            return next(iter(found))
        if found:
            return Flaw("ambiguous-code", facts={"choices": ", ".join(sorted(found))})
        code = "invalid-choice" if isinstance(self.rule, f.Choice) else "unknown-code"
        return Flaw(code, facts=nearest(self.items, word))

    def _several(self, cell: Any) -> list[str] | Flaw:  # noqa: ANN401
        kind = self.field.kind
        parts: list[Any] = list(cell) if isinstance(cell, tuple) else []
        if not parts:
            word = _text(cell, keeps_dates=False)
            if isinstance(word, Flaw):
                return word
            parts = re.split("[;\n,]" if kind == "codes" else "[;\n]", word)
        words = [str(part).strip() for part in parts if str(part).strip()]
        if kind == "texts":
            return words
        read = [self._code(word) for word in words]
        return next((one for one in read if isinstance(one, Flaw)), None) or [
            one for one in read if isinstance(one, str)
        ]

    def _shown(self, flaw: Flaw, cell: Any) -> Flaw:  # noqa: ANN401
        """The flaw with the cell's value, masked where it is personal."""
        text = _shown(cell)
        facts = {"value": text} | (flaw.facts or {})
        if self.field.personal:
            facts["value"] = masked(text)
            if "second" in facts:
                facts |= dict(zip(("first", "second"), _told_apart(facts), strict=True))
        return Flaw(flaw.code, facts=facts)


def _shown(cell: Any) -> str:  # noqa: ANN401
    whole = isinstance(cell, float) and cell.is_integer()
    return f"{cell:.0f}" if whole else str(cell)[:LONGEST_SHOWN]


def _told_apart(facts: dict[str, Any]) -> tuple[str, str]:
    """The two readings of a personal date, masked but for what tells them apart."""
    one, other = masked(facts["first"]), masked(facts["second"])
    if one != other:
        return one, other
    parts = [facts[name].split("-") for name in ("first", "second")]
    last = next(at for at, (a, b) in enumerate(zip(*parts, strict=True)) if a != b)
    shown = ["-".join(p[: last + 1] + ["**"] * (len(p) - last - 1)) for p in parts]
    return shown[0], shown[1]


def _text(cell: Any, *, keeps_dates: bool) -> str | Flaw:  # noqa: ANN401
    """A cell as text: a number without the decimals a spreadsheet keeps to itself."""
    if isinstance(cell, str):
        return Flaw("scientific-notation") if _EXCEL_SCIENTIFIC.fullmatch(cell) else cell
    if isinstance(cell, date):
        return cell.isoformat()[:10] if keeps_dates else Flaw("turned-into-date")
    if isinstance(cell, int | float):
        if abs(cell) >= EXACT_NUMBER:
            return Flaw("digits-lost")
        return f"{cell:.0f}" if cell == int(cell) else repr(cell)
    return Flaw("invalid-type")


def _count(cell: Any) -> Any:  # noqa: ANN401
    if isinstance(cell, int | float):
        return int(cell) if cell == int(cell) else Flaw("invalid-number")
    if not isinstance(cell, str):
        return Flaw("invalid-number")
    if SCIENTIFIC.fullmatch(cell):
        return Flaw("scientific-notation")
    found = _COUNT.fullmatch(cell)
    return int(found.group(1).replace(",", "")) if found else Flaw("invalid-number")


def _flag(cell: Any) -> Any:  # noqa: ANN401
    word = str(cell)
    if word.casefold() in _YES:
        return True
    return False if word.casefold() in _NO else Flaw("invalid-boolean")
