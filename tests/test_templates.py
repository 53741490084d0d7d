"""Templates to fill in, and files given back with their mistakes marked."""

from __future__ import annotations

import io
import json
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import openpyxl
import pytest

from registry.imports import annotated
from registry.imports.annotated import Annotated, Mark, annotate
from registry.imports.datasets import DATASETS
from registry.imports.reading import Detected, read
from registry.imports.rows import Rows, fields_of
from registry.imports.templates import template
from tests.files import HEADERS, MAIN, book_of, codes, csv_of, with_part

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

DATA = Path(__file__).parent / "data"
GOOD = ("이바다", "2001-12-31", "010-2345-6789", "AI1", "2026-03-01", "수료")
BAD = ("김하늘", "990302", "010-1234-5678", "AI1", "2026-03-01", "수강중")
WRONG = Mark("거절", "생년월일: 두 가지로 읽힙니다", errors=frozenset({"trainee.birth_date"}))
FINE = Mark("등록")


def taken(data: bytes, dataset: str = "enrolments") -> tuple[Detected, list[Rows]]:
    with read(io.BytesIO(data), dataset=dataset, codes=codes()) as reading:
        return reading.detected, list(reading)


def given_back(data: bytes, marks: dict[int, Mark]) -> tuple[Annotated, bytes]:
    made = annotate(io.BytesIO(data), taken(data)[0], marks)
    return made, b"".join(made.pieces)


def sheet(data: bytes, name: str) -> Worksheet:
    page = openpyxl.load_workbook(io.BytesIO(data))[name]
    assert isinstance(page, openpyxl.worksheet.worksheet.Worksheet)
    return page


# Templates


@pytest.mark.parametrize("dataset", DATASETS)
@pytest.mark.parametrize("language", ["ko", "en"])
def test_a_template_is_read_back_without_its_example(dataset: str, language: str):
    detected, rows = taken(template(dataset, codes(), language), dataset)
    assert rows == []
    assert (detected.template, detected.unknown) == (f"{dataset}/1", ())
    assert list(detected.columns.values()) == [field.name for field in fields_of(dataset)]


@pytest.mark.parametrize("dataset", DATASETS)
def test_the_example_itself_is_one_that_is_understood(dataset: str):
    book = openpyxl.load_workbook(io.BytesIO(template(dataset, codes())))
    for cell in book["입력"][2]:
        if isinstance(cell.value, str):
            cell.value = cell.value.replace("(예시) ", "")
    out = io.BytesIO()
    book.save(out)
    (rows,) = taken(out.getvalue(), dataset)[1]
    assert (rows.problems, rows.numbers) == ([], [2])
    for field in fields_of(dataset):
        assert (rows.column(field.name)[0] is not None) == bool(field.example), field.name


def test_a_template_offers_names_to_choose_and_keeps_numbers_as_text():
    data = template("startups", codes())
    book = openpyxl.load_workbook(io.BytesIO(data))
    assert book["목록"].sheet_state == "hidden"
    page = sheet(data, "입력")
    offered = {str(v.sqref).split(":")[0]: v.formula1 for v in page.data_validations.dataValidation}
    columns = {cell.value: cell.column_letter for cell in page[1]}
    place = offered[f"{columns['분야']}2"]
    listed = book["목록"][place.partition("!")[2].replace("$", "")]
    assert [row[0].value for row in listed] == [name for _, name, _ in codes()["fields"]]
    number = page[f"{columns['법인등록번호']}2"]
    assert (number.value, number.number_format) == ("110111-0062432", "@")
    assert page.column_dimensions[columns["사업자등록번호"]].number_format == "@"


def test_equal_lists_make_equal_templates():
    assert template("investments", codes()) == template("investments", codes())


def test_a_filled_template_with_names_from_the_lists():
    book = openpyxl.load_workbook(io.BytesIO(template("transactions", codes())))
    book["입력"].append(("T1", "I1", None, "약정취소", date(2026, 3, 1), "5억"))
    out = io.BytesIO()
    book.save(out)
    (rows,) = taken(out.getvalue(), "transactions")[1]
    assert rows.row(0) == {
        "external_id": "T1", "investment_external_id": "I1", "kind": "cancellation",
        "effective_on": date(2026, 3, 1), "amount_krw": 500_000_000,
    }  # fmt: skip


# Files given back


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp949", "utf-16", "utf-16-le"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_a_text_file_keeps_its_encoding_and_delimiter(encoding: str, delimiter: str):
    rows = [("명단",), (), HEADERS, BAD, GOOD]
    data = csv_of(*rows, encoding=encoding, delimiter=delimiter)
    made, back = given_back(data, {4: WRONG, 5: FINE})
    marked = [("", "", "명단"), (), ("결과", "사유", *HEADERS)]
    marked += [("거절", WRONG.reason, *BAD), ("등록", "", *GOOD)]
    assert (made.format, back) == ("csv", csv_of(*marked, encoding=encoding, delimiter=delimiter))


def test_a_text_file_mended_and_sent_again_works_as_it_is():
    _, back = given_back(csv_of(HEADERS, BAD, GOOD), {2: WRONG, 3: FINE})
    detected, (rows,) = taken(back)
    assert (detected.annotated, detected.unknown) == (True, ())
    assert [(p.row, p.field) for p in rows.problems] == [(0, "trainee.birth_date")]
    _, (mended,) = taken(back.replace(b"990302", b"1999-03-02"))
    assert (mended.problems, len(mended)) == ([], 2)
    again = annotate(io.BytesIO(back), detected, {2: FINE})
    assert b"".join(again.pieces) == csv_of(
        ("결과", "사유", *HEADERS), ("등록", "", *BAD), ("", "", *GOOD)
    )


def test_a_letter_that_the_files_encoding_lacks_does_no_harm():
    data = csv_of(HEADERS, BAD, encoding="cp949")
    _, back = given_back(data, {2: Mark("거절", "😀 나쁨")})
    assert b"".join(csv_of(BAD, encoding="cp949").split(b"\r\n")) in back
    assert "? 나쁨".encode("cp949") in back


def workbook() -> bytes:
    """A person's own workbook: a title over merged cells, widths, a drop-down, a filter, a link."""
    data = book_of(
        ("안내", [("읽어 주세요",)]),
        ("명단", [("2026년 명단",), HEADERS, BAD, (*GOOD[:4], date(2026, 3, 1), "수료")]),
    )
    book = openpyxl.load_workbook(io.BytesIO(data))
    page = book["명단"]
    page.merge_cells("A1:F1")
    page.row_dimensions[3].height = 15
    page.column_dimensions["C"].width = 33
    page.auto_filter.ref = "A2:F4"
    page.freeze_panes = "B3"
    page["C4"].hyperlink = "mailto:x@example.kr"
    choices = openpyxl.worksheet.datavalidation.DataValidation(
        type="list", formula1='"수강중,수료"'
    )
    choices.add("F3:F9")
    page.add_data_validation(choices)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def test_a_workbook_comes_back_with_its_cells_marked_and_all_else_in_place():
    made, back = given_back(workbook(), {3: WRONG, 4: FINE})
    assert made.format == "xlsx"
    page = sheet(back, "명단")
    assert [c.value for c in page[2]] == ["결과", "사유", *HEADERS]
    assert [c.value for c in page[3]] == ["거절", WRONG.reason, *BAD]
    assert page["D3"].fill.start_color.rgb == "FFFFC7CE"
    assert page["C3"].fill.fill_type is None
    assert page["A4"].value == "등록"
    assert page["G4"].value.date() == date(2026, 3, 1)
    assert [str(m) for m in page.merged_cells.ranges] == ["C1:H1"]
    assert page.column_dimensions["E"].width == 33
    assert (page.auto_filter.ref, page.freeze_panes) == ("C2:H4", "D3")
    assert str(page.data_validations.dataValidation[0].sqref) == "H3:H9"
    assert page["E4"].hyperlink.ref == "E4"


@pytest.mark.parametrize("old", [False, True])
def test_a_row_is_as_high_as_what_is_said_of_it(old: bool):
    reason = "생년월일: " + "가" * 40 + "\n휴대전화: 나쁨"
    data = (DATA / "trainees.xls").read_bytes() if old else workbook()
    _, back = given_back(data, {4: Mark("거절", reason)})
    assert sheet(back, "명단").row_dimensions[4].height == 3 * 15


def test_a_workbook_mended_and_sent_again_works_as_it_is():
    _, back = given_back(workbook(), {3: WRONG, 4: FINE})
    book = openpyxl.load_workbook(io.BytesIO(back))
    book["명단"]["D3"] = date(1999, 3, 2)
    out = io.BytesIO()
    book.save(out)
    detected, (rows,) = taken(out.getvalue())
    assert (rows.problems, rows.numbers, detected.annotated) == ([], [3, 4], True)
    assert rows.column("trainee.birth_date")[0] == date(1999, 3, 2)
    second = annotate(io.BytesIO(out.getvalue()), detected, {3: FINE})
    page = sheet(b"".join(second.pieces), "명단")
    assert [c.value for c in page[2]] == ["결과", "사유", *HEADERS]
    assert (page["A3"].value, page["B3"].value) == ("등록", None) or page["B3"].value == ""
    assert page["A4"].value is None
    assert page["D3"].fill.fill_type is None


def test_an_old_workbook_comes_back_as_a_new_one():
    data = (DATA / "trainees.xls").read_bytes()
    made, back = given_back(data, {4: WRONG, 5: FINE})
    assert made.format == "xlsx"
    page = sheet(back, "명단")
    assert [c.value for c in page[3]][:3] == ["결과", "사유", "번호"]
    assert page["E4"].fill.start_color.rgb == "FFFFC7CE"
    assert page["B4"].value == WRONG.reason
    _, (rows,) = taken(back)
    assert (rows.problems, rows.numbers) == ([], [4, 5])
    assert rows.row(0)["trainee.birth_date"] == date(1999, 3, 2)
    assert rows.row(1)["trainee.external_id"] == "0012"


def test_a_workbook_with_styles_that_cannot_be_kept_comes_back_all_the_same():
    styles = (
        f'<styleSheet xmlns="{MAIN}"><fills><fill><patternFill patternType="x"/></fill></fills>'
    )
    data = with_part(workbook(), "xl/styles.xml", f"{styles}</styleSheet>".encode())
    with pytest.raises(ValueError, match="stylesheet"):
        openpyxl.load_workbook(io.BytesIO(data))
    made, back = given_back(data, {3: WRONG})
    assert made.format == "xlsx"
    assert sheet(back, "명단")["D3"].fill.start_color.rgb == "FFFFC7CE"
    assert [p.field for p in taken(back)[1][0].problems] == ["trainee.birth_date"]


def test_a_workbook_too_large_to_mark_comes_back_as_csv(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(annotated, "LARGEST_SHEET", 100)
    made, back = given_back(workbook(), {3: WRONG, 4: FINE})
    assert made.format == "csv"
    _, (rows,) = taken(back)
    assert (rows.numbers, [p.code for p in rows.problems]) == ([3, 4], ["ambiguous-date"])
    assert rows.row(1)["enrolled_on"] == date(2026, 3, 1)


def test_ndjson_comes_back_with_two_members_more():
    said: dict[str, Any] = {"programme_code": "AI1", "trainee": {"birth_date": "990302"}}
    data = (json.dumps(said) + "\n{broken\n").encode()
    _, back = given_back(data, {1: WRONG, 2: WRONG})
    first, second, _ = back.split(b"\n")
    assert json.loads(first) == {"결과": "거절", "사유": WRONG.reason, **said}
    assert second == b"{broken"
    _, (rows,) = taken(back)
    assert [p.code for p in rows.problems] == ["unreadable-row", "ambiguous-date"]
