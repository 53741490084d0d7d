"""The check digits of Korean business and corporation numbers, with the documented vectors."""

from __future__ import annotations

import pytest

from registry.core.korean import business_number, corporate_checksum_holds, corporate_number


@pytest.mark.parametrize(
    "text",
    [
        "124-81-00998", "120-81-47521", "110-81-41272", "505-81-24020", "116-82-00276",
        "134-86-72683", "220-81-62517", "123-45-67891", " 124 81 00998 ", "１２４－８１－００９９８",
    ],
)  # fmt: skip
def test_a_business_number_is_ten_digits_however_it_is_written(text: str) -> None:
    number = business_number(text)
    assert number is not None
    assert len(number) == 10
    assert number.isascii()


@pytest.mark.parametrize(
    "text",
    [
        "123-45-67890", "124-81-00999", "101-81-34618", "1248100998\n5", "124810\n0998",
        "1248100998\n", "", "12481009981", "٠٢٤٨١٠٠٩٩٨",
    ],
)  # fmt: skip
def test_what_is_no_business_number_is_none(text: str) -> None:
    assert business_number(text) is None


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("110111-0062432", True), ("130111-0006246", True), ("110111-1129497", True),
        ("134322-0000114", True), ("110111-0062433", False),
    ],
)  # fmt: skip
def test_a_corporate_numbers_checksum_is_told_apart_from_its_shape(text: str, holds: bool) -> None:
    number = corporate_number(text)
    assert number is not None
    assert corporate_checksum_holds(number) is holds


@pytest.mark.parametrize("text", ["110111-006243", "110111-00624321", "110111-0062432\n", "x"])
def test_what_is_no_corporate_number_is_none(text: str) -> None:
    assert corporate_number(text) is None
