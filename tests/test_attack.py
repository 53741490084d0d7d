"""No stranger can narrow a hidden figure; and the attack that says so finds a leak that is there."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import update

from registry.access.principal import operator
from registry.app import create_app
from registry.core.clock import SEOUL, ManualClock
from registry.demo.build import Builder
from registry.statistics.answers import answer
from registry.statistics.protection.models import PublishedCell, PublishedSlice
from registry.statistics.questions import Question
from tests.attack import Attack, Stranger, narrowed, shown
from tests.client import Client
from tests.conftest import make_settings

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from flask import Flask

    from tests.attack import Answers, Cell

PEOPLE = 260
UNTIL = date(2024, 1, 1)


def test_no_public_answer_narrows_a_hidden_figure(new_database: Callable[[], str]) -> None:
    settings = make_settings(new_database())
    app = few_and_many(settings)
    stranger, found, truth = gathered(app)

    assert leaks(stranger, found, truth) == []
    hidden = [key for a in found.values() for key, value in a.cells.items() if value is None]
    assert len(hidden) > 20, shown(found)
    people = found["trainees", "trainees"].cells.items()
    assert {
        key: value for key, value in people if value is not None and value != truth.get(key, 0)
    } == {}

    plant(app, stranger, found, truth)
    leaky = create_app(settings, ManualClock(datetime(2024, 2, 1, tzinfo=SEOUL)))
    stranger, found, truth = gathered(leaky)
    assert leaks(stranger, found, truth), (
        "what was shown beside the sensitive cells gives them away"
    )


def few_and_many(settings: Any) -> Flask:
    """Two years of a small registry, so that many cells are small, published at month ends."""
    clock = ManualClock(datetime(2022, 1, 4, 9, 0, tzinfo=SEOUL))
    app = create_app(settings, clock)
    Builder(app, clock, UNTIL, PEOPLE).build()
    return app


def gathered(app: Flask) -> tuple[Stranger, dict[tuple[str, str], Answers], dict[Cell, int]]:
    """A stranger, all it was told, and the true figures of the tables' cells."""
    stranger = Stranger(Client(app))
    found = stranger.gather()
    truth: dict[Cell, int] = {}
    with app.extensions["registry"].database.reading(operator("test")) as work:
        for table in stranger.tables:
            question = Question(table["dataset"], table["measure"], tuple(table["by"]))
            figures = answer(work, question, None, stranger.point["revision"]).figures
            for cell in figures.cells:
                facts = dict(zip(table["by"], cell.keys, strict=True))
                names = ["year", *(n for n in table["by"] if n != "year")]
                truth[table["code"], tuple((n, facts[n]) for n in names)] = cell.value or 0
    return stranger, found, truth


def leaks(
    stranger: Stranger, found: Mapping[tuple[str, str], Answers], truth: Mapping[Cell, int]
) -> list[Any]:
    """The hidden cells of which the stranger learns too much."""
    return [
        leak
        for (_, measure), answers in found.items()
        for leak in narrowed(Attack(answers, stranger.zones).bounds(), truth, measure)
    ]


def plant(
    app: Flask,
    stranger: Stranger,
    found: Mapping[tuple[str, str], Answers],
    truth: Mapping[Cell, int],
) -> None:
    """Show the hidden cells of people that are not sensitive in themselves."""
    codes = {t["code"] for t in stranger.tables if t["measure"] == "trainees"}
    keys = [
        key for key, value in found["trainees", "trainees"].cells.items()
        if value is None and key[0] in codes and truth[key] >= 5
    ]  # fmt: skip
    assert keys, "nothing was hidden beside what is sensitive"
    with app.extensions["registry"].database.engine.begin() as connection:
        for code, facts in keys:
            (_, year), *rest = facts
            first, second = (*(str(value) for _, value in rest), "", "")[:2]
            connection.execute(
                update(PublishedCell)
                .where(
                    PublishedCell.table_code == code,
                    PublishedCell.first_key == first,
                    PublishedCell.second_key == second,
                    PublishedCell.value.is_(None),
                    PublishedCell.slice_id == PublishedSlice.id,
                    PublishedSlice.year == year,
                )
                .values(value=truth[code, facts])
            )
