"""The benchmark as a program: `python -m tests.bench` (or `make bench`); writes Markdown.

`--only` runs some sections, `--to` adds what they print to a file.
"""

from __future__ import annotations

import platform
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click
import psutil

from tests.bench.constant import constant
from tests.bench.frameworks import frameworks
from tests.bench.growth import growth
from tests.bench.imports import imports, workbooks, writes
from tests.bench.memory import memory
from tests.bench.place import place
from tests.bench.workers import workers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.bench.place import Place

SIZES = "100000,1000000,10000000"
SECTIONS: dict[str, Callable[[Place], Iterator[str]]] = {
    "growth": growth,
    "growth-sqlite": partial(growth, title="SQLite"),
    "constant": constant,
    "frameworks": frameworks,
    "memory": memory,
    "workers": workers,
    "imports": imports,
    "imports-sqlite": partial(imports, title="SQLite"),
    "workbooks": workbooks,
    "writes": writes,
    "writes-sqlite": partial(writes, title="SQLite"),
}


@click.command(context_settings={"show_default": True})
@click.option("--only", default=",".join(SECTIONS), help="Which sections to run.")
@click.option("--sizes", default=SIZES, help="Enrolments to grow through.")
@click.option("--rows", default=1_000_000, type=click.IntRange(1000), help="Rows of a long file.")
@click.option("--rounds", default=3, type=click.IntRange(1, 5), help="Of what takes minutes.")
@click.option("--folder", type=click.Path(path_type=Path, exists=True), help="Where to work.")
@click.option("--to", type=click.Path(path_type=Path), help="A file to add the Markdown to.")
def main(
    only: str, sizes: str, rows: int, rounds: int, folder: Path | None, to: Path | None
) -> None:
    """Measure what is promised of speed, and print it as Markdown."""
    chosen = {name: SECTIONS[name] for name in only.split(",")}
    numbers = tuple(int(size) for size in sizes.split(","))

    def tell(part: str) -> None:
        click.echo(part + "\n")
        if to is not None:
            with to.open("a", encoding="utf-8") as file:
                file.write(part + "\n\n")

    with (
        tempfile.TemporaryDirectory(prefix="registry-bench-", dir=folder) as name,
        place(Path(name), numbers, rows, rounds) as here,
    ):
        for title, section in chosen.items():
            since = time.perf_counter()
            busy = psutil.getloadavg()[0]
            for part in section(here):
                tell(part)
            took = time.perf_counter() - since
            tell(f"*{title}: {took:.0f} s; {machine()}; load average at its start {busy:.1f}*")


def machine() -> str:
    """What it was measured on."""
    memory = psutil.virtual_memory().total / 2**30
    return f"Python {platform.python_version()}, {psutil.cpu_count()} cores, {memory:.0f} GiB"


if __name__ == "__main__":
    main()
