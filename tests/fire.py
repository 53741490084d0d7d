"""One process of writers, all at the same few persons and start-ups: `python -m tests.fire`.

Reads a JSON document (database URL, keys, the shared records, a seed) from standard input, lets
a few threads write at random, and prints what each request did as JSON lines. Nothing is checked
here: the parent replays what was committed, in the order of the revisions, against the oracle.
"""

from __future__ import annotations

import json
import random
import sys
import threading
from datetime import date
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from registry.app import create_app
from registry.core.clock import ManualClock
from tests.client import Client
from tests.conftest import START, make_settings
from tests.twin import (
    BIRTHS,
    DAYS,
    DISTRICTS,
    MOBILES,
    NAMES,
    PROGRAMMES,
    STATUSES,
    TRANSACTIONS,
    Twin,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask import Flask
    from werkzeug.test import TestResponse

STEPS = 12


class Recorder(Client):
    """A client that gives every write a request id, to find its revision by."""

    last: TestResponse
    request_id = ""

    def call(self, method: str, path: str, **options: Any) -> TestResponse:
        """Call as a client does, and remember the answer to a write."""
        if method == "GET":
            return super().call(method, path, **options)
        headers = dict(options.pop("headers", {})) | {"X-Request-Id": self.request_id}
        self.last = super().call(method, path, headers=headers, **options)
        return self.last


class Arsonist(Twin):
    """A twin without an oracle: it only sends, and keeps what was answered."""

    def step(self, answer: TestResponse, repeat: Callable[[dict[str, Any]], Any]) -> Any:
        """Keep the answer for the parent."""
        self.answer = answer

    def decide(self, index: int, act: str) -> None:
        """Merge or dismiss one of the possible duplicates that the product lists."""
        found = self.world.busan.get("/trainee-duplicates", limit=500)["items"]
        if found:
            chosen = found[index % len(found)]
            self.pair = sorted((chosen["trainee_a"]["id"], chosen["trainee_b"]["id"]))
            path = f"/trainee-duplicates/{chosen['id']}/{act}"
            self.answer = self.world.busan.call("POST", path, json={})

    def undo(self, index: int) -> None:
        """Undo one of the links that the product lists."""
        found = [
            k for k in self.world.busan.get("/trainee-links", limit=500)["items"] if not k["undone"]
        ]
        if found:
            chosen = found[index % len(found)]
            self.pair = sorted((chosen["trainee_a"]["id"], chosen["trainee_b"]["id"]))
            self.pair.append(chosen["origin"])
            self.answer = self.world.busan.call(
                "POST", f"/trainee-links/{chosen['id']}/undo", json={}
            )


def choose(dice: random.Random, shared: dict[str, Any]) -> tuple[str, list[Any]]:
    """One random act on the shared records, as a Twin method and its arguments."""
    enrolment = dice.randrange(len(shared["enrolments"]))
    deal = dice.randrange(len(shared["investments"]))
    day = dice.choice(DAYS)
    acts: list[tuple[str, list[Any]]] = [
        ("enrol", [dice.choice(list(PROGRAMMES)), dice.choice(NAMES), BIRTHS[0], dice.choice(MOBILES),
                   day, dice.choice(STATUSES), max(day, dice.choice(DAYS))]),
        ("correct", [enrolment, {"status": dice.choice(STATUSES), "status_on": dice.choice(DAYS), "reason": "정정"}]),
        ("void", [enrolment]),
        ("restore", [enrolment]),
        ("move_programme", [dice.choice(list(PROGRAMMES)), {"district": dice.choice(DISTRICTS)}]),
        ("decide", [dice.randrange(9), dice.choice(("merge", "merge", "dismiss"))]),
        ("undo", [dice.randrange(9)]),
        ("transact", [deal, dice.choice(TRANSACTIONS), day, dice.randint(1, 9) * 10]),
        ("reverse", [dice.randrange(len(shared["transactions"]))]),
        ("move_startup", [dice.randrange(2), day, {"district": dice.choice(DISTRICTS)}]),
    ]  # fmt: skip
    return dice.choice(acts)


def write(
    app: Flask, order: dict[str, Any], seed: int, print_line: Callable[[dict[str, Any]], None]
) -> None:
    """One writer's acts, one after the other."""
    clients = {name: Recorder(app, key) for name, key in order["keys"].items()}
    shared = order["shared"]
    twin = Arsonist(SimpleNamespace(**clients), revisions=[])  # type: ignore[arg-type]
    dice = random.Random(seed)
    for number in range(order["steps"]):
        for name in ("enrolments", "investments", "transactions"):
            setattr(twin, name, [tuple(row) for row in shared[name]])
        twin.programmes, twin.startups = shared["programmes"], shared["startups"]
        act, values = choose(dice, shared)
        for client in clients.values():
            client.request_id = f"fire-{seed}-{number}"
        twin.answer, twin.pair = None, None  # type: ignore[attr-defined]
        plain = [v for v in values if not isinstance(v, dict)]
        named = next((v for v in values if isinstance(v, dict)), {})
        getattr(twin, act)(*plain, **named)
        if twin.answer is not None:
            print_line(
                {
                    "request_id": f"fire-{seed}-{number}", "act": act, "values": plain, "named": named,
                    "pair": twin.pair, "status": twin.answer.status_code, "body": twin.answer.get_json(),  # type: ignore[attr-defined]
                }
            )  # fmt: skip


def main() -> None:
    """Let the writers loose and print what they did."""
    order = json.load(sys.stdin)
    app = create_app(
        make_settings(order["url"], lock_timeout=60, threads=order["writers"]), ManualClock(START)
    )
    guard = threading.Lock()

    def print_line(document: dict[str, Any]) -> None:
        with guard:
            print(json.dumps(document, default=date.isoformat), flush=True)

    seeds = [order["seed"] * 1000 + n for n in range(order["writers"])]
    threads = [
        threading.Thread(target=write, args=(app, order, seed, print_line)) for seed in seeds
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


if __name__ == "__main__":
    main()
