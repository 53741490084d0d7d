"""Start-ups and deals as tests need them, and what the ledger says of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from registry.statistics.models import INVESTMENTS

if TYPE_CHECKING:
    from tests.client import Client, World

BRNS = ("124-81-00998", "120-81-47521", "110-81-41272", "505-81-24020", "116-82-00276")
CRNS = ("110111-0062432", "130111-0006246", "110111-1129497")
BILLION = 10**9


def startup(client: Client, number: int = 0, **changes: Any) -> Any:
    """A registered start-up of AI in 26440 (WEST)."""
    body = {
        "name": f"회사 {number}", "business_number": BRNS[number], "field": "AI",
        "district_code": "26440",
    }  # fmt: skip
    return client.post("/startups", body | changes)


def deal(startup_id: str, /, **changes: Any) -> dict[str, Any]:
    """A deal's body: a billion won of common stock, contracted on 2026-03-02."""
    body: dict[str, Any] = {
        "startup_id": startup_id, "round": "seed",
        "investor": {"name": "부산벤처", "kind": "venture_capital"},
        "instrument": "common", "shares": "new_shares", "channel": "attracted",
        "contracted_on": "2026-03-02", "contracted_krw": BILLION,
    }  # fmt: skip
    return {k: v for k, v in (body | changes).items() if v is not ...}


def pay(
    client: Client, investment: dict[str, Any], on: str, won: int, kind: str = "disbursement"
) -> Any:
    """A transaction in won."""
    body = {"kind": kind, "effective_on": on, "amount_krw": won}
    return client.post(f"/investments/{investment['id']}/transactions", body)


def figures(world: World, measure: str, by: str = "year") -> dict[Any, int]:
    """What the totals of the ledger say, by year or by a dimension; nothing where zero."""
    total, cell = INVESTMENTS.total, INVESTMENTS.cell
    key = total.c.month // 100 if by == "year" else cell.c[by]
    value = func.sum(total.c[measure])
    with world.parts.database.reading() as work:
        rows = work.session.execute(
            select(key, value).join(cell, cell.c.id == total.c.cell_id).group_by(key)
        )
        return {row[0]: int(row[1]) for row in rows if row[1]}


def refusals(problem: dict[str, Any]) -> set[tuple[str, str]]:
    """The places and codes of a problem's errors."""
    return {(e.get("pointer") or e.get("parameter"), e["code"]) for e in problem["errors"]}
