"""What `/investments`, their transactions and `/investment-duplicates` take and answer."""

from __future__ import annotations

from typing import Any

import marshmallow as ma

from registry.core import fields as f
from registry.core.fields import Input, Output, flawed, flawed_at
from registry.core.paging import PageOf, PageQuery
from registry.core.sheets import FileQuery
from registry.core.text import looks_like_resident_number
from registry.investments.models import TRANSACTION_SIGNS
from registry.investments.money import ORIGINAL_PLACES, RATE_PLACES

SHARES = ("new_shares", "secondary")
KINDS = tuple(TRANSACTION_SIGNS)
CURRENCY = "(?!KRW)[A-Z]{3}"  # ISO 4217; won have an amount of their own


class InvestorNumber(f.BusinessNumber):
    """An investor's business registration number; a resident's number gets its own refusal."""

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> str:  # noqa: ANN401
        if isinstance(value, str) and looks_like_resident_number(value):
            raise flawed("resident-number")
        return super()._deserialize(value, *args, **kwargs)


def _number(**options: Any) -> InvestorNumber:
    return InvestorNumber(allow_none=True, **options)


def _investor_name(**options: Any) -> f.Text:
    text = "a natural person's is answered to the owning organisation alone, record by record"
    return f.Text(personal=True, metadata={"description": text}, **options)


def _free(longest: int, **options: Any) -> f.Text:
    return f.Text(longest=longest, personal=True, allow_none=True, **options)


class InvestorCreate(Input):
    """Who invests: known by business number, else by kind and name."""

    name = _investor_name(required=True)
    business_number = _number(load_default=None)
    kind = f.Code(required=True)


class InvestorPatch(Input):
    """What is corrected of an investor."""

    name = _investor_name()
    business_number = _number()
    kind = f.Code()


class Amount(Input):
    """An amount in another currency; the won are computed exactly, half up."""

    currency = f.Text(longest=3, pattern=CURRENCY, load_default=None, allow_none=True)
    original_amount = f.DecimalText(ORIGINAL_PLACES, load_default=None, allow_none=True)
    fx_rate = f.DecimalText(
        RATE_PLACES,
        load_default=None,
        allow_none=True,
        metadata={"description": "won for ONE unit"},
    )


class InvestmentCreate(Amount):
    """An investment to log, with its first contract."""

    external_id = f.Text(longest=100, load_default=None, allow_none=True)
    startup_id = f.Identifier(load_default=None, allow_none=True)
    business_number = f.BusinessNumber(load_default=None, allow_none=True)
    round = f.Code(required=True)
    round_closed_on = f.Day(load_default=None, allow_none=True)
    investor = f.Part(InvestorCreate, required=True)
    fund = _free(200, load_default=None)
    instrument = f.Code(required=True)
    shares = f.Choice(SHARES, load_default=None, allow_none=True)
    channel = f.Code(required=True)
    contracted_on = f.Day(required=True)
    contracted_krw = f.Won(load_default=None, allow_none=True)
    note = _free(2000, multiline=True, load_default=None)

    @ma.validates_schema
    def _one_startup(self, data: dict[str, Any], **_: object) -> None:
        if (data.get("startup_id") is None) == (data.get("business_number") is None):
            raise flawed_at("startup_id", "exactly-one", fields="startup_id, business_number")


class InvestmentPatch(Input):
    """A correction of an investment; start-up, agency, currency and amounts never change."""

    round = f.Code()
    round_closed_on = f.Day(allow_none=True)
    investor = f.Part(InvestorPatch)
    fund = _free(200)
    instrument = f.Code()
    shares = f.Choice(SHARES, allow_none=True)
    channel = f.Code()
    contracted_on = f.Day()
    note = _free(2000, multiline=True)
    reason = _free(500, load_default=None)


class Reason(Input):
    """Why something is voided or reversed."""

    reason = f.Text(longest=500, personal=True, required=True)


class InvestorRead(Output):
    """Who invested; `name` is null where a natural person's may not be seen."""

    kind = f.Code()
    name = _investor_name(allow_none=True)
    business_number = f.Text(allow_none=True)


class InvestmentRead(Output):
    """An investment with its sums; `left_krw` is contracted less paid."""

    id = f.Identifier()
    organisation = f.Code()
    external_id = f.Text(allow_none=True)
    startup_id = f.Identifier()
    counted_startup_id = f.Identifier(metadata={"description": "after merges"})
    round = f.Code()
    round_closed_on = f.Day(allow_none=True)
    investor = f.Part(InvestorRead)
    fund = f.Text(allow_none=True)
    instrument = f.Code()
    shares = f.Choice(SHARES, allow_none=True)
    channel = f.Code()
    contracted_on = f.Day()
    currency = f.Text()
    original_amount = f.DecimalText(
        ORIGINAL_PLACES,
        allow_none=True,
        metadata={"description": "contracted less cancelled, in the currency; null for won"},
    )
    fx_rate = f.DecimalText(
        RATE_PLACES, allow_none=True, metadata={"description": "of the first contract"}
    )
    contracted_krw = f.Count()
    disbursed_krw = f.Count()
    left_krw = f.Count()
    left_original = f.DecimalText(
        ORIGINAL_PLACES,
        allow_none=True,
        metadata={"description": "contracted less paid, in the currency; null for won"},
    )
    note = f.Text(allow_none=True)
    void = f.Flag(attribute="voided")
    void_reason = f.Text(allow_none=True)
    version = f.Count()


class InvestmentFilter(FileQuery):
    """Which investments to list."""

    external_id = f.Text(longest=100, load_default=None)
    startup_id = f.Identifier(load_default=None)
    organisation = f.Code(load_default=None)
    round = f.Code(load_default=None)
    instrument = f.Code(load_default=None)
    channel = f.Code(load_default=None)
    investor_kind = f.Code(load_default=None)
    contracted_from = f.Day(load_default=None)
    contracted_to = f.Day(load_default=None)
    void = f.QueryFlag(load_default=None)
    sort = f.Choice(("id", "-id", "contracted_on", "-contracted_on"), load_default="id")


class InvestmentPage(PageOf):
    """A page of investments; a natural person's name is in none of them."""

    items = f.Many(f.Part(InvestmentRead))


class InvestmentValues(Output):
    """What one version of an investment said."""

    round = f.Code()
    round_closed_on = f.Day(allow_none=True)
    investor = f.Part(InvestorRead)
    fund = f.Text(allow_none=True)
    instrument = f.Code()
    shares = f.Choice(SHARES, allow_none=True)
    channel = f.Code()
    contracted_on = f.Day()
    note = f.Text(allow_none=True)
    void = f.Flag(attribute="voided")
    void_reason = f.Text(allow_none=True)


class InvestmentVersion(Output):
    """One version: what it said, from which revision, until which, by which act, why."""

    version = f.Count()
    from_revision = f.Count(largest=2**62)
    to_revision = f.Count(largest=2**62, allow_none=True)
    at = f.MomentText()
    action = f.Text()
    reason = f.Text(allow_none=True)
    values = f.Part(InvestmentValues)


class InvestmentHistory(Output):
    """Every version of an investment, oldest first; its transactions are a list of their own."""

    items = f.Many(f.Part(InvestmentVersion))


class TransactionCreate(Amount):
    """A transaction to log; its amount is positive, the kind gives the sign."""

    external_id = f.Text(longest=100, load_default=None, allow_none=True)
    kind = f.Choice(KINDS, required=True)
    effective_on = f.Day(required=True)
    amount_krw = f.Won(load_default=None, allow_none=True)


class TransactionRead(Output):
    """A transaction; `sign` says which way it moves the sum of its side."""

    id = f.Identifier()
    investment_id = f.Identifier()
    external_id = f.Text(allow_none=True)
    kind = f.Choice(KINDS)
    sign = f.Count(-1, 1)
    effective_on = f.Day()
    amount_krw = f.Count()
    currency = f.Text()
    original_amount = f.DecimalText(ORIGINAL_PLACES, allow_none=True)
    fx_rate = f.DecimalText(RATE_PLACES, allow_none=True)
    opening = f.Flag(metadata={"description": "the contract made with the investment"})
    reverses_id = f.Identifier(allow_none=True)
    reversed_by_id = f.Identifier(allow_none=True)
    reason = f.Text(allow_none=True)
    version = f.Count()


class TransactionFilter(FileQuery):
    """Which transactions to list."""

    external_id = f.Text(longest=100, load_default=None)
    kind = f.Choice(KINDS, load_default=None)
    sort = f.Choice(("id", "-id", "effective_on", "-effective_on"), load_default="id")


class TransactionPage(PageOf):
    """A page of transactions."""

    items = f.Many(f.Part(TransactionRead))


class InvestmentMerge(Input):
    """Which of two investments stays, and why the other does not count."""

    keep = f.Identifier(required=True)
    reason = f.Text(longest=500, personal=True, required=True)


class InvestmentDuplicateRead(Output):
    """Two investments that may be the same money, side by side."""

    id = f.Identifier()
    state = f.Choice(("open", "dismissed", "merged"))
    kept_id = f.Identifier(allow_none=True)
    investments = f.Many(f.Part(InvestmentRead))
    version = f.Count()


class InvestmentDuplicateFilter(PageQuery):
    """Which pairs to list; those to be decided unless asked otherwise."""

    state = f.Choice(("open", "dismissed", "merged"), load_default="open")


class InvestmentDuplicatePage(PageOf):
    """A page of pairs."""

    items = f.Many(f.Part(InvestmentDuplicateRead))
