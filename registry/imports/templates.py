"""Empty workbooks of a dataset: a guide, a sheet to fill in, and lists to choose from.

Equal code lists give equal bytes, so that a template has one ETag. The example row says that it
is one, and the reader passes it over.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import xlsxwriter

from registry.imports.reading.labels import items_of
from registry.imports.reading.values import Column
from registry.imports.rows import fields_of

if TYPE_CHECKING:
    from registry.imports.reading.labels import Codes
    from registry.imports.rows import Field

VERSION = 1
LAST_ROW = 1_048_575
MADE = datetime(2026, 1, 1)  # noqa: DTZ001 - a workbook's moments have no zone
WIDTHS = {"text": 24, "number_text": 20, "email": 26, "mobile": 18, "texts": 24, "codes": 24}
_FORMATS = {
    "date": "yyyy-mm-dd", "birth_date": "yyyy-mm-dd", "amount": "#,##0", "count": "0",
}  # fmt: skip


@dataclass(frozen=True)
class Words:
    """What a template says of itself in one language."""

    guide: str
    rows: str
    lists: str
    title: str
    lines: tuple[str, ...]
    columns: tuple[str, ...]
    required: str
    choose: str


WORDS = {
    "ko": Words(
        "안내", "입력", "목록", "가져오기 서식",
        (
            "'입력' 시트의 둘째 행(예시)은 가져올 때 무시되므로 그대로 두어도 됩니다.",
            "열의 순서는 바꾸어도 되고, 필요 없는 열은 지워도 됩니다. 제목 행은 남겨 두십시오.",
            "빈칸은 이미 등록된 값을 그대로 두고, (삭제)라고 적으면 그 값을 지웁니다.",
            "번호 열은 텍스트 서식입니다. 앞의 0과 긴 번호가 바뀌지 않습니다.",
            "주민등록번호는 어느 칸에도 적지 마십시오. 하나라도 있으면 파일 전체를 파기합니다.",
        ),
        ("항목", "영문 항목", "API 이름", "필수 여부", "보기", "설명"), "필수",
        "목록에서 고르거나 코드를 적으십시오.",
    ),
    "en": Words(
        "Guide", "Rows", "Lists", "Template for imports",
        (
            "The second row of the sheet 'Rows' is an example; it is passed over and may stay.",
            "Columns may be moved, and those not needed deleted. Keep the header row.",
            "A blank leaves what is registered as it is; (삭제) clears it.",
            "Columns of numbers are text: leading zeros and long numbers stay as they are.",
            "Write no resident registration number anywhere: with one, the whole file is destroyed.",
        ),
        ("Item", "In Korean", "API name", "Needed", "Sample", "Explanation"), "required",
        "Choose from the list, or write the code.",
    ),
}  # fmt: skip


def template(dataset: str, codes: Codes, language: str = "ko") -> bytes:
    """The empty workbook of a dataset. Raises KeyError if there is no such dataset."""
    fields, words = fields_of(dataset), WORDS[language]
    out = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(out, options) as book:
        book.set_properties({"created": MADE, "title": f"{dataset}/{VERSION}"})
        _guide(book, dataset, fields, words, language)
        page = book.add_worksheet(words.rows)
        places = _lists(book, fields, codes, words, language)
        _rows(book, page, dataset, codes, language)
        for column, field in enumerate(fields):
            if field.codes and field.kind == "code":
                page.data_validation(1, column, LAST_ROW, column, {
                    "validate": "list", "source": places[field.codes],
                    "error_type": "warning", "error_message": words.choose,
                })  # fmt: skip
        page.activate()
    return out.getvalue()


def mark(dataset: str) -> str:
    """What the guide says, by which the reader knows which template was filled in."""
    return f"registry-template:{dataset}/{VERSION}"


def _guide(book: Any, dataset: str, fields: tuple[Field, ...], words: Words, language: str) -> None:  # noqa: ANN401 - XlsxWriter has no types
    page = book.add_worksheet(words.guide)
    bold, wrapped = book.add_format({"bold": True}), book.add_format({"text_wrap": True})
    page.set_column(0, 4, 20)
    page.set_column(5, 5, 70, wrapped)
    page.write_string(0, 0, f"{words.title} · {dataset}", bold)
    page.write_string(1, 0, mark(dataset))
    for number, line in enumerate(words.lines, 3):
        page.write_string(number, 0, line)
    first = len(words.lines) + 4
    for column, text in enumerate(words.columns):
        page.write_string(first, column, text, bold)
    for number, field in enumerate(fields, first + 1):
        korean = language == "ko"
        names = (field.label, field.label_en) if korean else (field.label_en, field.label)
        note = field.note if korean else field.note_en
        needed = words.required if field.required else ""
        for column, text in enumerate((*names, field.name, needed, field.example, note)):
            page.write_string(number, column, text)


def _lists(
    book: Any,  # noqa: ANN401 - XlsxWriter has no types
    fields: tuple[Field, ...],
    codes: Codes,
    words: Words,
    language: str,
) -> dict[str, str]:
    """Write the lists on a hidden sheet; answers where each stands, for the drop-downs."""
    page = book.add_worksheet(words.lists)
    page.hide()
    places = {}
    for column, name in enumerate(dict.fromkeys(f.codes for f in fields if f.codes)):
        items = items_of(codes, name)
        page.write_string(0, column, name)
        for number, (_, korean, english) in enumerate(items, 1):
            page.write_string(number, column, korean if language == "ko" else english)
        letter = chr(ord("A") + column)
        places[name] = f"='{words.lists}'!${letter}$2:${letter}${len(items) + 1}"
    return places


def _rows(book: Any, page: Any, dataset: str, codes: Codes, language: str) -> None:  # noqa: ANN401 - XlsxWriter has no types
    head = {"bold": True, "bg_color": "#E3ECF7", "bottom": 1}
    headers = {True: book.add_format(head | {"bg_color": "#C9DAF0"}), False: book.add_format(head)}
    page.freeze_panes(1, 0)
    for column, field in enumerate(fields_of(dataset)):
        shape = {"num_format": _FORMATS.get(field.kind, "@")}
        page.set_column(column, column, WIDTHS.get(field.kind, 16), book.add_format(shape))
        label = field.label if language == "ko" else field.label_en
        page.write_string(0, column, label, headers[field.required])
        sample = book.add_format(shape | {"italic": True, "font_color": "#7F7F7F"})
        _example(page, column, Column(dataset, field, codes), sample)


def _example(page: Any, column: int, reader: Column, sample: Any) -> None:  # noqa: ANN401 - XlsxWriter has no types
    field = reader.field
    (value,), _ = reader.parse([field.example])
    if field.kind in ("date", "birth_date") and value is not None:
        page.write_datetime(1, column, value, sample)
    elif field.kind in ("amount", "count") and value is not None:
        page.write_number(1, column, value, sample)
    elif field.example:
        page.write_string(1, column, field.example, sample)
