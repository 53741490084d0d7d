"""What may be the same person or the same money twice, side by side, and what was decided."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import render_template, url_for

from registry.access.queries import presented, visible_organisations
from registry.core.paging import CursorQuery, paged
from registry.core.parts import registry
from registry.investments import duplicates as pairs
from registry.investments import startup_queries
from registry.investments.models import InvestmentDuplicate
from registry.investments.presentation import duplicate_reads
from registry.investments.schemas import InvestmentDuplicateFilter, InvestmentMerge
from registry.trainees import decisions, side_by_side
from registry.trainees.models import TraineeDuplicate, TraineeLink
from registry.trainees.trainee_schemas import DuplicateFilter
from registry.web.console.area import console
from registry.web.console.money import choices
from registry.web.console.pages import Done
from registry.web.languages import named
from registry.web.numbers import day, won
from registry.web.words import _

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from registry.core.work import Work

SHOWN = {"limit": 10}  # pairs of a page: each is read, not skimmed


@console.page("/duplicates", act="duplicates", query=DuplicateFilter)
def duplicates(work: Work, asked: dict[str, Any]) -> str:
    """Show pairs of records that may be one person, or are said not to be; the reading is logged."""
    chosen = side_by_side.duplicates(work, asked["state"])
    page = paged(work, chosen, asked | SHOWN, [TraineeDuplicate.id])
    sides = side_by_side.Sides(work, page.items, registry().keyring)
    work.log_access("trainee-duplicates.list", sides.ids)
    return render_template(
        "console/duplicates.html",
        pairs=[{"id": row.id, **sides.of(row)} for row in page.items],
        bodies=_bodies(work),
        next_cursor=page.next_cursor,
        number=side_by_side.number_open(work),
        dismissed=asked["state"] == "dismissed",
    )


@console.act(
    "/duplicates/<uuid:duplicate_id>/merge", act="duplicates", shows="duplicates", confirms=True
)
def merge_people(work: Work, _data: Any, duplicate_id: UUID) -> Done:  # noqa: ANN401 - nothing
    """Decide that two records are one person."""
    decisions.merge(work, duplicate_id)
    return Done(url_for("console.duplicates"), "merged", _whom(work, _pair(work, duplicate_id)))


@console.act(
    "/duplicates/<uuid:duplicate_id>/dismiss", act="duplicates", shows="duplicates", confirms=True
)
def dismiss_people(work: Work, _data: Any, duplicate_id: UUID) -> Done:  # noqa: ANN401 - nothing
    """Decide that two records are different people."""
    decisions.dismiss(work, duplicate_id)
    return Done(url_for("console.duplicates"), "dismissed", _whom(work, _pair(work, duplicate_id)))


@console.act("/duplicates/<uuid:duplicate_id>/reopen", act="duplicates", shows="duplicates")
def reopen_people(work: Work, _data: Any, duplicate_id: UUID) -> Done:  # noqa: ANN401 - nothing
    """Undo the decision that two records are different people."""
    decisions.reopen(work, duplicate_id)
    return Done(url_for("console.duplicates"), "reopened")


def _pair(work: Work, duplicate_id: UUID) -> TraineeDuplicate:
    return work.session.get_one(TraineeDuplicate, duplicate_id)


def _whom(work: Work, row: TraineeDuplicate | TraineeLink) -> tuple[str, ...]:
    """The two records of a pair, for the page that asks before it is decided; the reading is logged."""
    if not work.dry_run:
        return ()
    sides, bodies = side_by_side.Sides(work, [row], registry().keyring), _bodies(work)
    work.log_access("trainee-duplicates.list", sides.ids)
    pair = sides.of(row)
    return tuple(
        f"{one.get('name', '–')} · {bodies[one['organisation']]}"
        for one in (pair["trainee_a"], pair["trainee_b"])
    )


@console.page("/duplicates/links", act="duplicates", query=CursorQuery)
def links(work: Work, asked: dict[str, Any]) -> str:
    """Show the records that are counted as one person; the reading is logged."""
    chosen = side_by_side.all_links(work, {"trainee_id": None}).where(~TraineeLink.undone)
    page = paged(work, chosen, asked | SHOWN, [TraineeLink.id], descending=True)
    sides = side_by_side.Sides(work, page.items, registry().keyring)
    work.log_access("trainee-links.list", sides.ids)
    return render_template(
        "console/links.html",
        pairs=[{"id": row.id, "origin": row.origin, **sides.of(row)} for row in page.items],
        bodies=_bodies(work),
        next_cursor=page.next_cursor,
    )


@console.act("/duplicates/links/<uuid:link_id>", act="duplicates", shows="links", confirms=True)
def undo_link(work: Work, _data: Any, link_id: UUID) -> Done:  # noqa: ANN401 - nothing
    """Undo one link."""
    decisions.undo_link(work, link_id)
    return Done(
        url_for("console.links"),
        "link-undone",
        _whom(work, work.session.get_one(TraineeLink, link_id)),
    )


@console.page("/duplicates/investments", act="duplicates", query=InvestmentDuplicateFilter)
def investment_duplicates(work: Work, asked: dict[str, Any]) -> str:
    """Show pairs of investments that may be the same money, or what was decided of them."""
    chosen = pairs.listed(work, asked)
    page = paged(work, chosen, asked | SHOWN, [InvestmentDuplicate.id])
    return render_template(
        "console/investment_duplicates.html",
        **_shown(work, page.items),
        next_cursor=page.next_cursor,
        state=asked["state"],
    )


def _shown(work: Work, duplicates: Sequence[InvestmentDuplicate]) -> dict[str, Any]:
    found = duplicate_reads(work, duplicates)
    companies = {one["startup_id"] for pair in found for one in pair["investments"]}
    names = startup_queries.names_of(work, companies)
    return {"pairs": found, "startups": names, "bodies": _bodies(work), **choices(work)}


def _bodies(work: Work) -> dict[str, str]:
    """What each organisation is called, by its code; there are dozens, not thousands."""
    rows = work.session.scalars(visible_organisations(work)).all()
    return {
        one.code: named({"name": one.name, "name_en": one.name_en}) for one in presented(work, rows)
    }


@console.page("/duplicates/investments/<uuid:duplicate_id>", act="duplicates")
def investment_pair(work: Work, _asked: dict[str, Any], duplicate_id: UUID) -> str:
    """Show one pair, and ask which of the two stays."""
    return render_template(
        "console/investment_pair.html", **_shown(work, [pairs.pair(work, duplicate_id)])
    )


@console.act(
    "/duplicates/investments/<uuid:duplicate_id>/merge", act="duplicates",
    shows="investment_pair", body=InvestmentMerge, confirms=True,
)  # fmt: skip
def merge_investments(work: Work, data: dict[str, Any], duplicate_id: UUID) -> Done:
    """Decide that two investments are the same money, of which one stays."""
    merged = pairs.merge(work, duplicate_id, data["keep"], data["reason"])
    return Done(
        url_for("console.investment_duplicates", state=pairs.MERGED), "money-merged",
        _stays_and_goes(work, merged, data["keep"]),
    )  # fmt: skip


def _stays_and_goes(work: Work, merged: InvestmentDuplicate, keep: UUID) -> tuple[str, ...]:
    """Which of the two stays and which goes, each as people know it."""
    (pair,) = duplicate_reads(work, [merged])
    bodies = _bodies(work)
    said = {
        one["id"]: _(
            "%(organisation)s · %(day)s · 약정 %(contracted)s · 집행 %(disbursed)s",
            organisation=bodies[one["organisation"]], day=day(one["contracted_on"]),
            contracted=won(one["contracted_krw"]), disbursed=won(one["disbursed_krw"]),
        )
        for one in pair["investments"]
    }  # fmt: skip
    stays = said.pop(keep)
    (goes,) = said.values()
    return _("남는 투자: %(which)s", which=stays), _("빠지는 투자: %(which)s", which=goes)


@console.act(
    "/duplicates/investments/<uuid:duplicate_id>/dismiss", act="duplicates",
    shows="investment_duplicates", confirms=True,
)  # fmt: skip
def dismiss_investments(work: Work, _data: Any, duplicate_id: UUID) -> Done:  # noqa: ANN401 - nothing
    """Decide that two investments are different money."""
    pairs.dismiss(work, duplicate_id)
    return Done(url_for("console.investment_duplicates"), "dismissed")


@console.act(
    "/duplicates/investments/<uuid:duplicate_id>/reopen", act="duplicates",
    shows="investment_duplicates",
)  # fmt: skip
def reopen_investments(work: Work, _data: Any, duplicate_id: UUID) -> Done:  # noqa: ANN401 - nothing
    """Undo the decision that two investments are different money."""
    pairs.reopen(work, duplicate_id)
    return Done(url_for("console.investment_duplicates"), "reopened")


@console.act(
    "/duplicates/investments/<uuid:duplicate_id>/part", act="duplicates",
    shows="investment_duplicates", confirms=True,
)  # fmt: skip
def part_investments(work: Work, _data: Any, duplicate_id: UUID) -> Done:  # noqa: ANN401 - nothing
    """Undo the decision that two investments are the same money."""
    pairs.reopen(work, duplicate_id)
    return Done(url_for("console.investment_duplicates"), "reopened")
