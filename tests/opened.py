"""Opens every figure of the product and holds its records to the oracle's."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any
from uuid import UUID

from tests import oracle
from tests.oracle.reasons import left_out

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.client import Client

MOVED = "moved"  # a contract entered anew at a corrected date, whose id the oracle made up


def compare_records(
    client: Client, snapshot: oracle.Snapshot, dataset: str, measure: str, revision: int
) -> None:
    """The records behind a measure, and those that do not count, are the oracle's, one by one."""
    asked = {"measure": measure, "revision": revision}
    due = oracle.contributions(snapshot, dataset, measure)
    counted = _listed(client, dataset, len(due), **asked)
    ids = snapshot.state.enrolments.keys() | snapshot.state.investments.keys()
    ids |= snapshot.state.transactions.keys()
    assert _sorted((_known(i["id"], ids), *_said(dataset, i)) for i in counted) == _sorted(
        (_given(c.record_id), c.value, c.day.isoformat(), *(c.cell[d] for d in _names(dataset)))
        for c in due
    ), asked
    assert all(i["postings"][-1]["revision"] == i["revision"] <= revision for i in counted), asked
    assert all(sum(p["value"] for p in i["postings"]) == i["value"] for i in counted), asked
    reasons = left_out(snapshot, dataset, measure)
    left = _listed(client, dataset, len(reasons), excluded="true", **asked)
    assert _sorted((_known(i["id"], ids), i["reason"]["code"]) for i in left) == _sorted(
        (_given(record), reason) for record, reason in reasons.items()
    ), asked
    assert not any(i["value"] or sum(p["value"] for p in i["postings"]) for i in left), asked


def _listed(client: Client, dataset: str, count: int, **asked: Any) -> list[dict[str, Any]]:
    answer = client.get(f"/statistics/{dataset}/records", limit=500, **asked)
    items: list[dict[str, Any]] = answer["items"]
    assert len(items) == len({i["id"] for i in items}) == answer["records"] == count, asked
    assert answer["total"] == sum(i["value"] for i in items), asked
    return items


def _said(dataset: str, item: dict[str, Any]) -> tuple[Any, ...]:
    return item["value"], item["date"], *(item[name] for name in _names(dataset))


def _names(dataset: str) -> tuple[str, ...]:
    return oracle.DIMENSIONS[dataset]


def _known(record: str, ids: set[str]) -> str:
    return record if record in ids else MOVED


def _given(record: str) -> str:
    """An id of the product's, which are UUIDs; the oracle's own are shorter."""
    return record if len(record) == len(str(UUID(int=0))) else MOVED


def _sorted(rows: Iterable[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    return sorted(rows, key=str)


def compare_changes(
    client: Client,
    dataset: str,
    measure: str,
    before: tuple[int, oracle.Snapshot],
    after: tuple[int, oracle.Snapshot],
) -> None:
    """What was posted between two revisions sums, cell by cell, to what the oracle says moved."""
    by = oracle.DIMENSIONS[dataset][1:4]
    answer = client.get(
        f"/statistics/{dataset}/changes", measure=measure, by=",".join(by),
        from_revision=before[0], to_revision=after[0],
    )  # fmt: skip
    keys = ("organisation", *by)
    moved: Counter[tuple[Any, ...]] = Counter()
    for item in answer["items"]:
        moved[tuple(item[key] for key in keys)] += item["value"]
    due = Counter(oracle.figures(after[1], dataset, measure, by=keys))
    due.subtract(oracle.figures(before[1], dataset, measure, by=keys))
    assert {k: v for k, v in moved.items() if v} == {k: v for k, v in due.items() if v}
    assert answer["difference"] == sum(due.values())
