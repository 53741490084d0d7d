"""Figures as people read them in each language; the exact value is always at hand beside.

Korean counts won in 조 (10^12), 억 (10^8) and 만 (10^4), the two largest that are needed.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING

from babel.dates import format_date, format_datetime
from babel.numbers import format_compact_decimal, format_decimal, format_percent
from markupsafe import Markup

from registry.core.clock import SEOUL
from registry.web.languages import page_language
from registry.web.words import _, ngettext

if TYPE_CHECKING:
    from collections.abc import Callable

Number = int | float
STEPS = ((10**12, "조"), (10**8, "억"), (10**4, "만"))
MANY = 10**10  # from so many won on nobody reads the 만
ENGLISH_FROM = 10**6  # from a million on won are written in words
HELD = "\u00a0"  # a space at which no line ends: a month and its day stay together
ORDINALS = {1: "st", 2: "nd", 3: "rd"}


def plain(value: Number) -> str:
    """A number with its separators, to at most two decimals."""
    return str(format_decimal(value, format="#,##0.##", locale=page_language()))


def won(value: Number) -> str:
    """Won in the words of the language, rounded to what is read: 1조 5,000억 원."""
    if page_language() == "en":
        return _english_won(int(value))
    sign, rest = ("-" if value < 0 else ""), _rounded(abs(int(value)))
    for place, (size, name) in enumerate(STEPS):
        if rest < size:
            continue
        whole, part = divmod(rest, size)
        finer, finer_name = STEPS[place + 1] if part else (1, "")
        tail = f" {plain(part // finer)}{finer_name}" if part else ""
        return f"{sign}{plain(whole)}{name}{tail} 원"
    return f"{sign}{plain(rest)}원"


def _rounded(amount: int) -> int:
    """Half up, to what is still read of an amount: to 억 where it is many of them, else to 만."""
    size = 10**8 if amount >= MANY else 10**4 if amount >= 10**4 else 1
    return (amount + size // 2) // size * size


def _english_won(value: int) -> str:
    if abs(value) < ENGLISH_FROM:
        return f"{plain(value)} won"
    digits = 0 if value % 10 ** (len(str(abs(value))) - 1) == 0 else 2
    text = format_compact_decimal(
        value, format_type="long", locale="en", fraction_digits=max(digits, 1)
    )
    return f"{text} won"


def exact_won(value: Number) -> str:
    """All digits of a sum of won."""
    return _("%(number)s원", number=plain(value))


def people(value: Number) -> str:
    """So many people."""
    return ngettext("%(shown)s명", "%(shown)s명", int(value), shown=plain(value))


def people_once_a_year(value: Number) -> str:
    """People counted once in each of several years."""
    return _("연 %(number)s명", number=plain(value))


def times(value: Number) -> str:
    """Person-times: one person may be in it more than once."""
    return _("연인원 %(number)s명", number=plain(value))


def startups(value: Number) -> str:
    """So many start-ups."""
    return ngettext("%(shown)s개사", "%(shown)s개사", int(value), shown=plain(value))


def deals(value: Number) -> str:
    """So many deals."""
    return ngettext("%(shown)s건", "%(shown)s건", int(value), shown=plain(value))


def percent(value: Number) -> str:
    """A figure that is in per cent already."""
    return f"{plain(value)}%"


def rank(value: Number) -> str:
    """A place in a ranking."""
    number = int(value)
    if page_language() == "ko":
        return f"{plain(number)}위"
    teen = number // 10 % 10 == 1
    return f"{number}{'th' if teen else ORDINALS.get(number % 10, 'th')}"


WRITTEN: dict[str, Callable[[Number], str]] = {
    "krw": won, "person": people, "person_year": people_once_a_year, "person_time": times,
    "startup": startups, "startup_year": startups, "deal": deals, "percent": percent,
    "rank": rank,
}  # fmt: skip


def written(value: Number, unit: str) -> str:
    """A figure with its unit, in the words of the language."""
    return WRITTEN[unit](value)


def gap(value: Number, unit: str) -> str:
    """How far one figure is from another: of shares in points, of ranks in places."""
    if unit == "percent":
        return _("%(number)s%%p", number=plain(value))
    if unit == "rank":
        return _("%(number)s계단", number=plain(value))
    return written(value, unit)


def figure(value: Number | None, unit: str) -> Markup:
    """A figure as HTML: what is read, with the exact value for machines and on pointing."""
    if value is None:
        return Markup('<span class="none">{}</span>').format(_("자료 없음"))
    text = written(value, unit)
    exact = exact_won(value) if unit == "krw" else text
    if exact == text:
        return Markup('<data value="{}">{}</data>').format(value, text)
    return Markup('<data value="{}" title="{}">{}</data>').format(value, exact, text)


def ratio(value: float) -> str:
    """A share of one as per cent with one decimal."""
    rounded = Decimal(str(value)).quantize(Decimal("0.001"), ROUND_HALF_UP)
    return str(format_percent(rounded, format="#,##0.#%", locale=page_language()))


def day(value: date | datetime) -> str:
    """A date in words, in Seoul."""
    if isinstance(value, datetime):
        value = value.astimezone(SEOUL).date()
    pattern = f"y년 M월{HELD}d일" if page_language() == "ko" else f"d{HELD}MMMM y"
    return str(format_date(value, pattern, locale=page_language()))


def short_day(value: date) -> str:
    """A day of this year."""
    pattern = f"M월{HELD}d일" if page_language() == "ko" else f"d{HELD}MMMM"
    return str(format_date(value, pattern, locale=page_language()))


def moment(value: datetime, *, seconds: bool = False) -> str:
    """A moment to the minute, or the second, in Seoul."""
    time = "HH:mm:ss" if seconds else "HH:mm"
    pattern = f"y년 M월{HELD}d일 {time}" if page_language() == "ko" else f"d{HELD}MMMM y, {time}"
    return str(format_datetime(value.astimezone(SEOUL), pattern, locale=page_language()))


def time_label(name: str, value: int | str) -> str:
    """A year, quarter or month as it is read: 2026년 1분기."""
    korean = page_language() == "ko"
    if name == "year":
        return f"{value}년" if korean else str(value)
    text = str(value)
    if name == "quarter":
        return f"{text[:4]}년 {text[6]}분기" if korean else f"Q{text[6]} {text[:4]}"
    first = date(int(text[:4]), int(text[5:]), 1)
    return str(format_date(first, "y년 M월" if korean else "MMM y", locale=page_language()))


def short(value: Number, unit: str) -> str:
    """A figure as a chart has room for it: without its unit, won in the largest step."""
    if unit == "percent":
        return percent(value)
    if unit == "rank":
        return rank(value)
    if unit != "krw":
        return plain(value)
    steps = (
        ((10**12, "조"), (10**8, "억"), (10**4, "만"))
        if page_language() == "ko"
        else ((10**12, "tn"), (10**9, "bn"), (10**6, "m"))
    )
    for size, name in steps:
        if abs(value) >= size:
            part = Decimal(int(value)) / size
            digits = 2 if name in {"조", "tn"} else 1 if abs(part) < 100 and name != "억" else 0  # noqa: PLR2004
            rounded = part.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)
            return f"{plain(float(rounded))}{name}"
    return plain(value)
