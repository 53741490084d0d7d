"""What the city keeps: goals, what is reported of them, releases, and who has reported."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import render_template, url_for

from registry.access.reporting import reports
from registry.core.paging import paged
from registry.core.parts import registry
from registry.core.problems import Flaw, Invalid
from registry.goals import observations as observing
from registry.goals import queries, service
from registry.goals.models import Goal
from registry.goals.observation_schemas import ObservationCreate, TargetSet
from registry.goals.schemas import GoalPatch
from registry.releases import freezing
from registry.releases import queries as release_queries
from registry.releases.answering import Judgement
from registry.releases.models import Release
from registry.releases.schemas import ReleaseCreate, ReleaseFilter
from registry.revisions.instants import resolve
from registry.statistics.protection.limits import Limits
from registry.statistics.protection.tables import PublishedTable, published_tables
from registry.web.console import forms
from registry.web.console.area import console
from registry.web.console.pages import Done
from registry.web.languages import named, page_language
from registry.web.public.goals import score, scores

if TYPE_CHECKING:
    from registry.core.work import Work

NOW = {"as_of": None, "revision": None}
LATEST = 12


@console.page("/reporting", act="reporting")
def reporting(work: Work, _asked: dict[str, Any]) -> str:
    """Show who has not reported this month."""
    return render_template("console/reporting.html", reports=reports(work), today=work.today)


@console.page("/goals", act="goals")
def goals(work: Work, _asked: dict[str, Any]) -> str:
    """List the goals with where each stands."""
    return render_template("console/goals.html", scores=_scores(work))


def _scores(work: Work) -> Any:  # noqa: ANN401 - of the public pages
    return scores(work, NOW, resolve(work, None, None))


@console.page("/goals/<string:code>", act="goals")
def goal(work: Work, _asked: dict[str, Any], code: str) -> str:
    """Show one goal, what was reported of it, and what can be changed."""
    found = queries.goal(work.session, code)
    reported = queries.last_reported(work.session, found.id, LATEST)
    stands = score(work, found, NOW, resolve(work, None, None))
    return render_template(
        "console/goal.html",
        goal=found,
        score=stands,
        path=stands.progress["path"],
        english=page_language() == "en",
        observations=observing.observation_reads(work, code, reported, work.head.number),
        targets={each["year"] for each in observing.targets_of(work, code, None, None)["items"]},
    )


@console.act(
    "/goals/<string:code>", act="goals", shows="goal", body=GoalPatch,
    numbers=("annual_target", "total_target", "opening", "end_year"),
)  # fmt: skip
def change_goal(work: Work, data: dict[str, Any], code: str) -> Done:
    """Change what a goal promises."""
    service.change_goal(work, code, data)
    return Done(url_for("console.goal", code=code), "target")


@console.act(
    "/goals/<string:code>/observations", act="goals", shows="goal", body=ObservationCreate,
    numbers=("value",), flags=("provisional",),
)  # fmt: skip
def enter_observation(work: Work, data: dict[str, Any], code: str) -> Done:
    """Enter a reported figure."""
    observing.enter_observation(work, code, data)
    return Done(url_for("console.goal", code=code), "observation")


@console.act(
    "/goals/<string:code>/targets", act="goals", shows="goal", body=TargetSet,
    numbers=("year", "value"),
)  # fmt: skip
def set_target(work: Work, data: dict[str, Any], code: str) -> Done:
    """Promise a value for one year."""
    observing.set_target(work, code, data)
    said = "target-undone" if data["value"] is None else "target"
    return Done(url_for("console.goal", code=code), said)


@console.page("/releases", act="releases", query=ReleaseFilter)
def releases(work: Work, asked: dict[str, Any]) -> str:
    """List what was published, and offer to publish more."""
    chosen = release_queries.listed(work, asked)
    page = paged(work, chosen, asked | {"limit": 20}, [Release.id], descending=True)
    found = queries.every(work.session)
    return render_template(
        "console/releases.html",
        releases=page.items, next_cursor=page.next_cursor, goals=found,
        tables=published_tables(),
    )  # fmt: skip


@console.act(
    "/releases", act="releases", shows="releases", numbers=("final_year",),
    lists=("goals", "tables"),
    confirms=True,
)  # fmt: skip
def publish(work: Work, said: dict[str, Any]) -> Done:
    """Freeze goals and published tables as they are known now, under a name."""
    chosen = [*said.pop("goals", [])], [*said.pop("tables", [])]
    said["items"] = [{"goal": code} for code in chosen[0]]
    said["items"] += [_table(code) for code in chosen[1]]
    said["confidential"] = said.pop("confidential", None) == "true"
    data = forms.checked(ReleaseCreate, said)
    settings = registry().settings
    freezing.freeze(work, data, Judgement.of(settings), Limits.of(settings))
    about = [_called(goal) for goal in queries.every(work.session) if goal.code in chosen[0]]
    about += [_called(table) for table in published_tables() if table.code in chosen[1]]
    return Done(url_for("console.releases"), "released", (data["name"], *about))


def _called(one: Goal | PublishedTable) -> str:
    return named({"name": one.name, "name_en": one.name_en})


def _table(code: str) -> dict[str, Any]:
    """The question whose answer a published table is."""
    for table in published_tables():
        if table.code == code:
            return {"dataset": table.dataset, "measure": table.measure, "by": list(table.by)}
    raise Invalid(Flaw("unknown-code", "/items", facts={"value": code}))
