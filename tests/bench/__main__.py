"""The benchmark as a program: `python -m tests.bench` (or `make bench`); writes Markdown."""

from __future__ import annotations

import platform
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click
import psutil

from tests.bench.constant import constant
from tests.bench.frameworks import frameworks
from tests.bench.growth import growth
from tests.bench.memory import memory
from tests.bench.place import place
from tests.bench.workers import workers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.bench.place import Place

SIZES = "100000,1000000,10000000"
SECTIONS: dict[str, Callable[[Place], Iterator[str]]] = {
    "growth": growth,
    "constant": constant,
    "frameworks": frameworks,
    "memory": memory,
    "workers": workers,
}


@click.command(context_settings={"show_default": True})
@click.option("--only", default=",".join(SECTIONS), help="Which sections to run.")
@click.option("--sizes", default=SIZES, help="Enrolments to grow through.")
@click.option("--folder", type=click.Path(path_type=Path, exists=True), help="Where to work.")
def main(only: str, sizes: str, folder: Path | None) -> None:
    """Measure what is promised of speed, and print it as Markdown."""
    chosen = {name: SECTIONS[name] for name in only.split(",")}
    numbers = tuple(int(size) for size in sizes.split(","))
    begun = time.perf_counter()
    with (
        tempfile.TemporaryDirectory(prefix="registry-bench-", dir=folder) as name,
        place(Path(name), numbers) as here,
    ):
        click.echo(machine() + "\n")
        for title, section in chosen.items():
            since = time.perf_counter()
            for part in section(here):
                click.echo(part + "\n")
            click.echo(f"*{title}: {time.perf_counter() - since:.0f} s*\n", err=True)
    click.echo(f"*All: {time.perf_counter() - begun:.0f} s*", err=True)


def machine() -> str:
    """What it was measured on."""
    memory = psutil.virtual_memory().total / 2**30
    busy = psutil.getloadavg()[0]
    return (
        f"Python {platform.python_version()}, {psutil.cpu_count()} cores, {memory:.0f} GiB;"
        f" load average at the start {busy:.1f}. Medians of five rounds, taken in alternation."
    )


if __name__ == "__main__":
    main()
