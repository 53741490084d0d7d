"""Start-ups, investments and payments: found, registered, reversed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import render_template, url_for

from registry.access.queries import organisation_codes
from registry.core.parts import registry
from registry.investments import listing, queries, service, startup_queries, transactions
from registry.investments import startups as startup_service
from registry.investments.models import TRANSACTION_SIGNS, Investment, Startup, Transaction
from registry.investments.past import past_of
from registry.investments.presentation import (
    investment_read,
    investment_reads,
    startup_read,
    startup_reads,
    transaction_reads,
)
from registry.investments.schemas import (
    SHARES,
    InvestmentCreate,
    InvestmentFilter,
    Reason,
    TransactionCreate,
)
from registry.investments.startup_schemas import StartupCreate, StartupFilter, StartupPatch
from registry.web.console import forms
from registry.web.console.area import console
from registry.web.console.options import code_options
from registry.web.console.pages import Done
from registry.web.console.words import words_of

if TYPE_CHECKING:
    from uuid import UUID

    from registry.core.work import Work

ALL_OF_ONE: dict[str, Any] = {
    "external_id": None, "kind": None, "sort": "id", "limit": 500, "cursor": None,
}  # fmt: skip


@console.page("/startups", act="money-see", query=StartupFilter)
def startups(work: Work, asked: dict[str, Any]) -> str:
    """List start-ups, and offer to register one."""
    asked = asked | {"format": "json"}
    page = listing.listed(
        work, startup_queries.listed_startups(work, asked), Startup, asked, startup_reads
    )
    return render_template(
        "console/startups.html",
        items=page.items, next_cursor=page.next_cursor, asked=asked,
        fields=code_options(work, "fields"), districts=code_options(work, "districts"),
    )  # fmt: skip


@console.act("/startups", act="money-register", shows="startups", body=StartupCreate)
def register_startup(work: Work, data: dict[str, Any]) -> Done:
    """Register a start-up; one that is known already answers itself."""
    found = startup_service.register_startup(work, data)
    said = "known" if work.notes.get("repeated") else "registered"
    return Done(url_for("console.startup", startup_id=found.startup.id), said)


@console.page("/startups/<uuid:startup_id>", act="money-see")
def startup(work: Work, _asked: dict[str, Any], startup_id: UUID) -> str:
    """Show one start-up with its investments."""
    found = startup_queries.visible_startup(work, startup_id)
    blank = dict.fromkeys(InvestmentFilter().fields)
    asked = blank | {"startup_id": startup_id, "sort": "id", "limit": 100, "format": "json"}
    listed = listing.listed(
        work, queries.listed_investments(work, asked), Investment, asked, investment_reads
    )
    return render_template(
        "console/startup.html",
        row=startup_read(found, work.today, organisation_codes(work.session)),
        investments=listed.items,
        fields=code_options(work, "fields"), districts=code_options(work, "districts"), today=work.today,
        **choices(work),
    )  # fmt: skip


@console.act(
    "/startups/<uuid:startup_id>", act="money-register", shows="startup", body=StartupPatch
)
def correct_startup(work: Work, data: dict[str, Any], startup_id: UUID) -> Done:
    """Correct a start-up, or move its field or district from a date on."""
    startup_service.correct_startup(work, startup_id, data)
    return Done(url_for("console.startup", startup_id=startup_id), "corrected")


def choices(work: Work) -> dict[str, Any]:
    """The code lists of an investment's form, in the page's language."""
    return {
        "rounds": code_options(work, "rounds"), "instruments": code_options(work, "instruments"),
        "channels": code_options(work, "channels"), "investor_kinds": code_options(work, "investor-kinds"),
        "shares": [(code, words_of(code)) for code in SHARES],
    }  # fmt: skip


@console.act(
    "/startups/<uuid:startup_id>/investments", act="money-register", shows="startup",
    body=None, numbers=("contracted_krw",),
)  # fmt: skip
def log_investment(work: Work, said: dict[str, Any], startup_id: UUID) -> Done:
    """Log an investment in a start-up, with its first contract."""
    data = forms.checked(InvestmentCreate, said | {"startup_id": str(startup_id)})
    logged, _ = service.log_investment(work, registry().keyring, data)
    return Done(url_for("console.investment", investment_id=logged.id), _said(work))


def _said(work: Work) -> str:
    return "known" if work.notes.get("repeated") else "logged"


@console.page("/investments", act="money-see", query=InvestmentFilter)
def investments(work: Work, asked: dict[str, Any]) -> str:
    """List the investments that are the asker's to see, the newest first."""
    asked = asked | {"format": "json", "sort": "-contracted_on"}
    page = listing.listed(
        work, queries.listed_investments(work, asked), Investment, asked, investment_reads
    )
    return render_template(
        "console/investments.html",
        items=page.items, next_cursor=page.next_cursor, asked=asked, **choices(work),
        startups=startup_queries.names_of(work, {row["startup_id"] for row in page.items}),
    )  # fmt: skip


@console.page("/investments/<uuid:investment_id>", act="money-see")
def investment(work: Work, _asked: dict[str, Any], investment_id: UUID) -> str:
    """Show one investment with its transactions and its past."""
    found, sums, name = service.read_investment(work, registry().keyring, investment_id)
    moved = listing.listed(
        work, queries.listed_transactions(work, investment_id, ALL_OF_ONE), Transaction,
        ALL_OF_ONE, transaction_reads,
    )  # fmt: skip
    return render_template(
        "console/investment.html",
        row=investment_read(found, sums, name),
        transactions=moved.items,
        past=past_of(work, found),
        kinds=[(code, words_of(code)) for code in TRANSACTION_SIGNS],
        own=found.organisation_id in work.principal.organisations,
        today=work.today,
        startups=startup_queries.names_of(work, {found.startup_id}),
        **choices(work),
    )


@console.act(
    "/investments/<uuid:investment_id>/transactions", act="money-register", shows="investment",
    body=TransactionCreate, numbers=("amount_krw",), confirms=True,
)  # fmt: skip
def log_transaction(work: Work, data: dict[str, Any], investment_id: UUID) -> Done:
    """Log a payment, refund, further contract or cancellation."""
    transactions.log_transaction(work, investment_id, data)
    return Done(url_for("console.investment", investment_id=investment_id), _said(work))


@console.act(
    "/investments/<uuid:investment_id>/transactions/<uuid:transaction_id>/reverse",
    act="money-register", shows="reversal", body=Reason, confirms=True,
)  # fmt: skip
def reverse_transaction(
    work: Work, data: dict[str, Any], investment_id: UUID, transaction_id: UUID
) -> Done:
    """Enter the opposite of a transaction."""
    transactions.reverse_transaction(work, investment_id, transaction_id, data["reason"])
    return Done(url_for("console.investment", investment_id=investment_id), "reversed")


@console.page(
    "/investments/<uuid:investment_id>/transactions/<uuid:transaction_id>", act="money-register"
)
def reversal(work: Work, _asked: dict[str, Any], investment_id: UUID, transaction_id: UUID) -> str:
    """Ask why a transaction is to be reversed."""
    found = queries.transaction(work, investment_id, transaction_id)
    return render_template("console/reversal.html", row=transaction_reads(work, [found])[0])


@console.act(
    "/investments/<uuid:investment_id>/void", act="money-register", shows="investment",
    body=Reason, confirms=True,
)  # fmt: skip
def void_investment(work: Work, data: dict[str, Any], investment_id: UUID) -> Done:
    """Take an investment out of all figures."""
    service.void_investment(work, investment_id, data["reason"])
    return Done(url_for("console.investment", investment_id=investment_id), "voided")
