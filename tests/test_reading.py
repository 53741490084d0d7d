"""Files as institutions keep them: every encoding, header and habit, and no value is guessed."""

from __future__ import annotations

import io
import json
import unicodedata
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from registry.core.fields import MAX_WON
from registry.core.problems import DomainError, catalogue
from registry.imports.datasets import DATASETS
from registry.imports.reading import Detected, ResidentNumberFound, read
from registry.imports.reading.amounts import read_won
from registry.imports.reading.cells import masked
from registry.imports.reading.headers import plain
from registry.imports.reading.labels import meanings
from registry.imports.reading.rules import rule_of
from registry.imports.reading.values import Column
from registry.imports.rows import CLEAR, Rows, fields_of
from tests.files import HEADERS, book_of, codes, csv_of

DATA = Path(__file__).parent / "data"
ROW = ("김하늘", "1999-03-02", "010-1234-5678", "AI1", "2026-03-01", "수강중")
KIM = {
    "trainee.name": "김하늘",
    "trainee.birth_date": date(1999, 3, 2),
    "trainee.mobile": "+821012345678",
    "programme_code": "AI1",
    "enrolled_on": date(2026, 3, 1),
    "status": "enrolled",
}


def taken(
    data: bytes | Path, dataset: str = "enrolments", **options: Any
) -> tuple[Detected, list[Rows]]:
    source = io.BytesIO(data) if isinstance(data, bytes) else data
    with read(source, dataset=dataset, codes=codes(), **options) as reading:
        return reading.detected, list(reading)


def only(data: bytes | Path, dataset: str = "enrolments", **options: Any) -> Rows:
    (rows,) = taken(data, dataset, **options)[1]
    return rows


def parsed(dataset: str, name: str, *cells: Any, **options: Any) -> list[Any]:
    """Each cell's value, or the code of what is wrong with it."""
    field = next(f for f in fields_of(dataset) if f.name == name)
    values, flaws = Column(dataset, field, codes(), **options).parse(cells)
    for at, flaw in flaws:
        assert values[at] is None
        values[at] = flaw.code
    return values


def readings(dataset: str, name: str, cell: Any, **options: Any) -> tuple[str, str]:
    """The two readings that are shown of a cell that has two."""
    field = next(f for f in fields_of(dataset) if f.name == name)
    _, [(_, flaw)] = Column(dataset, field, codes(), **options).parse([cell])
    assert flaw.code in ("ambiguous-date", "ambiguous-amount")
    facts = flaw.facts or {}
    return facts["first"], facts["second"]


# The file


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp949", "utf-16", "utf-16-le"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_a_text_file_in_every_encoding_and_delimiter(encoding: str, delimiter: str):
    data = csv_of(HEADERS, ROW, encoding=encoding, delimiter=delimiter)
    detected, (rows,) = taken(data)
    assert detected.delimiter == delimiter
    told = {"utf-8-sig": "utf-8-bom"}.get(encoding, encoding)
    assert (detected.format, detected.encoding, detected.header_row) == ("csv", told, 1)
    assert rows.row(0) == KIM
    assert rows.numbers == [2]
    assert rows.problems == []


def test_letters_that_cp949_alone_has():
    name = "뷁똠방각하"
    assert only(csv_of(HEADERS, (name, *ROW[1:]), encoding="cp949")).column("trainee.name") == [
        name
    ]


def test_hangul_of_a_macintosh_is_composed_in_headers_codes_and_names():
    apart = [[unicodedata.normalize("NFD", cell) for cell in row] for row in (HEADERS, ROW)]
    assert only(csv_of(*apart)).row(0) == KIM


def test_a_line_that_names_the_delimiter_is_no_row():
    data = b"sep=;\r\n" + csv_of(HEADERS, ROW, delimiter=";")
    assert (only(data).row(0), only(data).numbers) == (KIM, [3])


def test_rows_are_numbered_as_a_spreadsheet_shows_them():
    rows = only(csv_of(("2026년 명단",), (), HEADERS, ("홍\n길동", *ROW[1:]), (), ROW))
    assert rows.numbers == [4, 6]


@pytest.mark.parametrize("at", [(0, 0), (4, 3)])
@pytest.mark.parametrize("epoch", [False, True])
def test_a_workbook_wherever_its_table_begins(at: tuple[int, int], epoch: bool):
    row = (ROW[0], date(1999, 3, 2), ROW[2], "AI1", date(2026, 3, 1), "수강중")
    data = book_of(("안내", [("읽어 주세요",)]), ("명단", [HEADERS, row]), at=at, date_1904=epoch)
    detected, (rows,) = taken(data)
    assert rows.row(0) == KIM
    assert (detected.sheet, detected.header_row) == ("명단", at[0] + 1)
    assert (rows.numbers, detected.places["trainee.name"]) == ([at[0] + 2], at[1] + 1)
    assert detected.date_system == ("1904" if epoch else "1900")


@pytest.mark.parametrize("name", ["trainees.xls", "trainees-1904.xlsx"])
def test_what_libreoffice_saved(name: str):
    rows = only(DATA / name)
    assert rows.row(0) == KIM | {"trainee.external_id": "20260001"}
    assert rows.row(1)["trainee.external_id"] == "0012"
    assert (rows.row(1)["enrolled_on"], rows.row(1)["status"]) == (date(2026, 3, 1), "completed")
    assert (rows.numbers, rows.problems) == ([4, 5], [])


@pytest.mark.parametrize(("name", "system"), [("numbers", "1900"), ("numbers-1904", "1904")])
def test_an_old_workbook_says_what_its_numbers_count_from(name: str, system: str):
    detected, (rows,) = taken(DATA / f"{name}.xls")
    assert (detected.format, detected.date_system, rows.problems) == ("xls", system, [])
    assert rows.column("trainee.birth_date") == [
        date(1998, 12, 31), date(1997, 1, 31), date(1996, 5, 5), date(1995, 5, 5),
    ]  # fmt: skip


def test_a_sheet_is_found_by_its_name_however_its_hangul_is_written():
    apart = unicodedata.normalize("NFD", "이월")
    data = book_of(("일월", [HEADERS, ROW]), (apart, [HEADERS, ("이바다", *ROW[1:])]))
    assert only(data, sheet="이월").column("trainee.name") == ["이바다"]


def test_the_sheet_asked_for_is_read_and_another_is_refused_with_their_names():
    data = book_of(("1월", [HEADERS, ROW]), ("2월", [HEADERS, ("이바다", *ROW[1:])]))
    assert only(data).column("trainee.name") == ["김하늘"]
    assert only(data, sheet="2월").column("trainee.name") == ["이바다"]
    with pytest.raises(DomainError) as caught:
        taken(data, sheet="3월")
    assert (caught.value.code, caught.value.facts) == ("sheet-not-found", {"sheets": "1월, 2월"})


def test_excels_errors_are_named_not_taken_for_blanks():
    import xlsxwriter

    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        page = book.add_worksheet("명단")
        page.write_row(0, 0, HEADERS)
        page.write_row(1, 0, ROW)
        page.write_formula(1, 2, "=VLOOKUP(1,A1:A1,9)", None, "#REF!")
    rows = only(out.getvalue())
    assert [(p.field, p.code) for p in rows.problems] == [("trainee.mobile", "formula-error")]


def test_ndjson_takes_the_apis_own_objects():
    said = {
        "programme_code": "AI1", "enrolled_on": "2026-03-01", "status": "enrolled",
        "trainee": {"name": "김하늘", "birth_date": "1999-03-02", "mobile": "010-1234-5678"},
        "external_id": None, "outcome": None,
    }  # fmt: skip
    lines = [json.dumps(said), "", '{"a": 1, "a": 2}', "[]", "{"]
    said |= {"status": 5, "surprise": "x"}
    rows = only("\n".join([*lines, json.dumps(said, ensure_ascii=False)]).encode())
    assert rows.row(0) == KIM
    assert rows.numbers == [1, 3, 4, 5, 6]
    assert [(p.row, p.field, p.code) for p in rows.problems] == [
        (1, None, "unreadable-row"), (2, None, "unreadable-row"), (3, None, "unreadable-row"),
        (4, "status", "invalid-type"), (4, None, "unknown-field"),
    ]  # fmt: skip


def test_json_numbers_are_what_the_api_takes_them_for():
    lines = [{"code": "A", "capacity": n} for n in (30, 30.0, True, "30")]
    rows = only("\n".join(map(json.dumps, lines)).encode(), "programmes")
    assert rows.column("capacity") == [30, None, None, 30]
    assert [p.code for p in rows.problems] == ["invalid-number", "invalid-number"]


# Headers


def test_every_word_names_one_column_and_every_column_has_a_rule_of_the_api():
    for dataset in DATASETS:
        seen: dict[str, str] = {}
        for field in fields_of(dataset):
            assert rule_of(dataset, field.name)
            for word in (field.name, field.label, field.label_en, *field.synonyms):
                assert seen.setdefault(plain(word), field.name) == field.name, word
            if field.codes:
                assert meanings(codes(), field.codes)
            if field.example:
                assert str(parsed(dataset, field.name, field.example)[0]) not in catalogue()


@pytest.mark.parametrize(
    "name", ["성명", "이름", "수강생명", " 성 명 ", "성명*", "교육생 성명", "Name", "full_name"]
)
def test_the_usual_words_for_a_name(name: str):
    assert only(csv_of((name, *HEADERS[1:]), ROW)).row(0) == KIM


def test_what_is_not_understood_is_told():
    detected, _ = taken(csv_of(("연번", *HEADERS[:-2], "비고란"), ("1", *ROW[:-2], "x")))
    assert detected.unknown == ("연번", "비고란")
    assert detected.missing == ("enrolled_on",)
    assert detected.columns["휴대폰"] == "trainee.mobile"


def test_two_columns_of_one_meaning_are_refused_by_their_names():
    with pytest.raises(DomainError) as caught:
        taken(csv_of((*HEADERS, "이름"), (*ROW, "김")))
    assert caught.value.facts == {"first": "성명", "second": "이름"}


def test_a_comma_that_no_quotes_hold_is_seen():
    rows = only(csv_of(HEADERS, ROW) + b"a,1999-03-02,,AI1,2026-03-01,,500\r\n")
    assert [(p.row, p.code, p.facts) for p in rows.problems] == [
        (1, "extra-cells", {"column": "G"})
    ]


def test_examples_and_results_of_an_earlier_try_are_passed_over():
    headers, example = ("결과", "사유", *HEADERS), ("", "", "(예시) 김하늘", *ROW[1:])
    detected, (rows,) = taken(csv_of(headers, example, ("거절", "900101-1234567", *ROW)))
    assert (rows.row(0), rows.numbers) == (KIM, [3])
    assert (detected.annotated, detected.unknown) == (True, ())


# Values


def test_blank_leaves_and_a_word_clears():
    rows = only(csv_of((*HEADERS, "이메일"), (*ROW[:2], "(삭제)", *ROW[3:], "  ")))
    assert rows.column("trainee.mobile") == [CLEAR]
    assert rows.column("trainee.email") == [None]


DAY = date(2026, 3, 1)


@pytest.mark.parametrize(
    "cell",
    [
        "2026-03-01", "2026.3.1", "2026. 3. 1.", "20260301", "2026/3/1", "2026년 3월 1일",
        "2026-03-01 00:00:00", "２０２６－０３－０１", "2026-03-01(일)",
        DAY, datetime(2026, 3, 1, 9, 30, tzinfo=UTC), 20260301.0, 46082.0, "46082",
    ],
)  # fmt: skip
def test_dates_as_they_are_written(cell: Any):
    assert parsed("enrolments", "enrolled_on", cell, system="1900") == [DAY]


@pytest.mark.parametrize(
    ("cell", "system", "both"),
    [
        ("990302", None, ("1999-03-02", "2099-03-02")),
        (990302.0, "1900", ("1999-03-02", "2099-03-02")),
        ("26.3.1", None, ("1926-03-01", "2026-03-01")),
        ("3/4/2026", None, ("2026-03-04", "2026-04-03")),
        ("46082", None, ("2026-03-01", "2030-03-02")),
        (10302.0, "1900", ("1928-03-15", "2001-03-02")),
    ],
)
def test_a_date_with_two_readings_is_shown_with_both(cell: Any, system: str, both: tuple[str, str]):
    assert readings("enrolments", "enrolled_on", cell, system=system) == both


def test_a_number_counts_from_the_workbooks_own_epoch():
    assert parsed("enrolments", "enrolled_on", 44620.0, system="1904") == [DAY]


def test_a_six_digit_birth_date_shows_its_centuries_and_keeps_the_rest():
    assert readings("enrolments", "trainee.birth_date", "990302") == ("19**-**-**", "20**-**-**")


@pytest.mark.parametrize(
    ("cell", "both"),
    [
        ("34698", ("1994-**-**", "1998-**-**")),  # of either epoch
        ("3/4/1999", ("1999-03-**", "1999-04-**")),
    ],
)
def test_two_readings_of_a_birth_date_can_be_told_apart(cell: str, both: tuple[str, str]):
    assert readings("enrolments", "trainee.birth_date", cell) == both


def test_a_wrong_code_is_told_with_what_it_may_be():
    def choices(dataset: str, name: str, cell: str) -> dict[str, Any]:
        field = next(f for f in fields_of(dataset) if f.name == name)
        _, [(_, flaw)] = Column(dataset, field, codes()).parse([cell])
        return flaw.facts or {}

    assert choices("enrolments", "status", "졸업")["choices"].startswith("수강중, 수료, ")
    assert choices("programmes", "district_code", "해운대")["choices"] == "해운대구"
    assert "choices" not in choices("programmes", "district_code", "?")


@pytest.mark.parametrize("cell", ["2026-02-30", "20261301", "봄", "1.5", "1899-12-31", "0", "2026"])
def test_what_is_no_date(cell: str):
    assert parsed("enrolments", "enrolled_on", cell)[0] in ("invalid-date", "out-of-range")


@pytest.mark.parametrize(
    ("cell", "won"),
    [
        ("1,500,000,000", 1_500_000_000), ("15억", 1_500_000_000), ("1,500억 원", 150_000_000_000),
        ("1조 5,000억 원", 1_500_000_000_000), ("１５억", 1_500_000_000), ("１，５００", 1500),
        ("1.5억", 150_000_000), ("3천5백만원", 35_000_000), ("천만원", 10_000_000),
        ("15억 5천만", 1_550_000_000), ("십억", 1_000_000_000), ("₩1,000", 1000), ("1,500.00", 1500),
        (1.5e9, 1_500_000_000), (" 2000 ", 2000), ("12억3,456만7,890원", 1_234_567_890),
    ],
)  # fmt: skip
def test_amounts_as_they_are_written(cell: Any, won: int):
    assert parsed("investments", "contracted_krw", cell) == [won]


@pytest.mark.parametrize(
    ("cell", "both"),
    [
        ("1.500", ("1,500", "1.5")),
        ("1,5", ("15", "1.5")),
        ("15억 5천", ("1,500,005,000", "1,550,000,000")),
    ],
)
def test_an_amount_with_two_readings_is_shown_with_both(cell: str, both: tuple[str, str]):
    assert readings("investments", "contracted_krw", cell) == both


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        ("1.10111E+12", "scientific-notation"), ("1.5", "invalid-number"), (1.5, "invalid-number"),
        ("-500", "out-of-range"), ("(500)", "out-of-range"), ("△500", "out-of-range"),
        ("0", "out-of-range"), (str(MAX_WON + 1), "out-of-range"), ("봄", "invalid-amount"),
        ("5억억", "invalid-amount"), ("1만2억", "invalid-amount"), ("$100", "invalid-amount"),
        ("1,50,000", "invalid-amount"), ("억", "invalid-amount"), ("원", "invalid-amount"),
    ],
)  # fmt: skip
def test_what_is_no_amount(cell: Any, code: str):
    assert parsed("investments", "contracted_krw", cell) == [code]


def test_a_header_may_say_in_which_unit_its_amounts_are():
    headers = ("투자번호", "약정액 (단위: 백만원)", "약정일")
    detected, (rows,) = taken(csv_of(headers, ("1", "1,500", ""), ("2", "15억", "")), "investments")
    assert detected.units == {"contracted_krw": 1_000_000}
    assert rows.column("contracted_krw") == [1_500_000_000, 1_500_000_000]
    assert isinstance(read_won("1,500원", 1_000_000), object)
    assert readings("investments", "contracted_krw", "1,500원", unit=10**6) == (
        "1,500", "1,500,000,000",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        ("해운대구", "26350"), ("26350", "26350"), (26350.0, "26350"), ("haeundae-GU", "26350"),
        ("OUTSIDE", "OUTSIDE"), ("관외", "OUTSIDE"), ("해운대", "unknown-code"),
        (date(2026, 3, 1), "turned-into-date"),
    ],
)  # fmt: skip
def test_codes_by_what_people_call_them(cell: Any, code: str):
    assert parsed("programmes", "district_code", cell) == [code]


def test_a_name_of_two_codes_is_left_to_whoever_wrote_it():
    field = next(f for f in fields_of("programmes") if f.name == "field")
    lists = {"fields": [("A", "인공지능", "AI one"), ("B", "인공 지능", "AI two")]}
    values, [(_, flaw)] = Column("programmes", field, lists).parse(["인공지능", "b"])
    assert (values, flaw.code) == ([None, "B"], "ambiguous-code")
    assert (flaw.facts or {})["choices"] == "A, B"


def test_several_codes_and_several_texts():
    assert parsed("programmes", "secondary_fields", "빅데이터·데이터; AI", "AI;x") == [
        ["BIGDATA", "AI"], "unknown-code",
    ]  # fmt: skip
    assert parsed("startups", "certificates", "벤처기업확인;이노비즈") == [
        ["벤처기업확인", "이노비즈"]
    ]


@pytest.mark.parametrize(
    ("name", "cell", "value"),
    [
        ("corporate_number", "110111-0062432", "1101110062432"),
        ("corporate_number", 1101110062432.0, "1101110062432"),
        ("corporate_number", "1.10111E+12", "scientific-notation"),
        ("business_number", 1248100998.0, "1248100998"),
        ("business_number", "123-45-67890", "invalid-business-number"),
        ("ksic_code", "J6201", "J6201"),
        ("name", "'=바다소프트", "=바다소프트"),
        ("name", "'-", "-"),
        ("name", "'바다", "'바다"),
        ("name", "''=바다", "'=바다"),
        ("name", 2026.0, "2026"),
        ("name", "가" * 201, "too-long"),
        ("name", "a\x00b", "invalid-text"),
        ("ksic_revision", "11차", 11),
    ],
)
def test_numbers_that_are_names(name: str, cell: Any, value: Any):
    assert parsed("startups", name, cell) == [value]


def test_a_number_that_lost_its_last_digits_is_no_name():
    assert parsed("investments", "external_id", 1234567890123456789.0) == ["digits-lost"]
    assert parsed("investments", "external_id", date(2026, 3, 1)) == ["turned-into-date"]
    assert parsed("investments", "fx_rate", "1,350.55", 1350.55) == [Decimal("1350.55")] * 2


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("01012345678", "+821012345678"), (1012345678.0, "+821012345678"),
        ("+82 10-1234-5678", "+821012345678"), ("011-123-4567", "invalid-mobile"),
    ],
)  # fmt: skip
def test_mobiles(cell: Any, value: str):
    assert parsed("enrolments", "trainee.mobile", cell) == [value]


def test_no_personal_value_is_among_the_facts():
    bad = ("김" * 101, "990302", "011-987-6543", "AI1", "2026-03-01", "수강중", "x@y@z.kr")
    rows = only(csv_of((*HEADERS, "이메일"), bad))
    assert {p.field for p in rows.problems} == {
        "trainee.name", "trainee.birth_date", "trainee.mobile", "trainee.email",
    }  # fmt: skip
    told = json.dumps([p.facts for p in rows.problems], ensure_ascii=False)
    field = next(f for f in fields_of("enrolments") if f.name == "trainee.birth_date")
    _, [(_, flaw)] = Column("enrolments", field, {}).parse([990302.0])
    assert (flaw.facts or {})["value"] == "99****"
    assert not any(secret in told for secret in ("김김", "990302", "0302", "987", "6543", "@y@z"))


@pytest.mark.parametrize(
    ("text", "shown"),
    [("김하늘", "김**"), ("1999-03-02", "19**-**-**"), ("", ""), ("kim@x", "k**")],
)
def test_masks(text: str, shown: str):
    assert masked(text) == shown


def test_one_value_read_once_is_read_alike_every_time():
    days = ["2026.3.1", "990302", "2026.3.1", "", "990302"] * 3000
    assert parsed("enrolments", "enrolled_on", *days) == [
        DAY, "ambiguous-date", DAY, None, "ambiguous-date",
    ] * 3000  # fmt: skip


# Resident registration numbers


@pytest.mark.parametrize(
    "number",
    [
        "900101-1234567",
        "9001011234567",
        "900101 - 1******",
        "９００１０１-１２３４５６７",
        "900101‐1234567",
    ],
)
@pytest.mark.parametrize("place", ["성명", "생년월일", "주민번호", "비고", "수강번호"])
def test_a_resident_number_anywhere_ends_the_reading(number: str, place: str):
    headers = [*HEADERS, *({place} - set(HEADERS))]
    cells = dict(zip(headers, [*ROW, ""], strict=False)) | {place: number}
    with pytest.raises(ResidentNumberFound) as caught:
        taken(csv_of(headers, *[[*ROW, ""]] * 5, [cells[h] for h in headers]))
    column = "ABCDEFG"[headers.index(place)]
    assert caught.value.facts == {"sheet": "", "row": 7, "column": column}


def test_a_resident_number_on_another_sheet_or_above_the_header():
    for sheets in (
        [("명단", [HEADERS, ROW]), ("원본", [("x", 9001011234567)])],
        [("원본", [("x", "900101-1234567")]), ("명단", [HEADERS, ROW])],
        [("명단", [("담당", "900101-1234567"), HEADERS, ROW])],
    ):
        with pytest.raises(ResidentNumberFound) as caught:
            taken(book_of(*sheets))
        assert (caught.value.facts["column"], caught.value.facts["row"]) == ("B", 1)


def test_a_resident_number_in_ndjson():
    for said in ({"memo": {"a": "900101-1234567"}}, {"trainee": {"name": "900101-1234567"}}):
        with pytest.raises(ResidentNumberFound):
            taken(json.dumps({"programme_code": "A", **said}).encode())


def test_what_only_looks_like_one_passes():
    firm = "900101-1234567"
    headers = ("기업명", "법인등록번호", "분야", "소재지")
    rows = only(csv_of(headers, ("바다", firm, "AI", "중구")), "startups")
    assert rows.row(0)["corporate_number"] == "9001011234567"
    data = csv_of((*HEADERS, "법인등록번호"), (*ROW, firm))
    assert only(data).row(0) == KIM
    money = csv_of(("투자번호", "약정액", "약정일"), ("1", "1,010,101,000,000", "2026-03-01"))
    assert only(money, "investments").column("contracted_krw") == [1_010_101_000_000]
    money = csv_of(("투자번호", "약정액", "약정일"), ("1", "1010101000000", "2026-03-01"))
    assert only(money, "investments").column("contracted_krw") == [1_010_101_000_000]
