"""`registry import`, `registry export` and `registry worker`.

A file goes in through the API with a key, or straight on the database.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import click

from registry.core.commands import Opened, as_json
from registry.core.sheets import CSV
from registry.core.workbooks import XLSX
from registry.imports.datasets import DATASETS
from registry.imports.terminal import Bar, exit_code, table

if TYPE_CHECKING:
    from collections.abc import Callable

    from registry.core.parts import Registry

TYPES = {
    ".csv": CSV, ".txt": CSV, ".tsv": "text/tab-separated-values", ".xlsx": XLSX,
    ".xls": "application/vnd.ms-excel", ".ndjson": "application/x-ndjson",
    ".jsonl": "application/x-ndjson",
}  # fmt: skip
ELSE = "application/octet-stream"


@click.command()
@click.option("--once", is_flag=True, help="Stop when nothing is left to do.")
@click.pass_obj
def worker(opened: Opened, *, once: bool) -> None:
    """Work through the files that were sent in, until a signal says stop."""
    import signal

    from registry.imports.worker import Worker

    one = Worker(opened())
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: one.stop.set())
    one.drain() if once else one.run()


organisation_code = click.option("--organisation", "code", help="Whose; straight on the database.")


@click.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False))
@click.option("--dataset", required=True, type=click.Choice(DATASETS))
@click.option("--validate", is_flag=True, help="Only say what would become of each row.")
@click.option("--on-error", type=click.Choice(("reject_all", "accept_valid")), default="reject_all")
@click.option("--allow-reversal", is_flag=True, help="A status may leave a final one.")
@click.option("--sheet", help="Of a workbook.")
@click.option("--reason", help="Kept with the revision.")
@click.option("--report", type=click.Path(dir_okay=False), help="Write the marked file there.")
@organisation_code
@click.option("--url", help="Through the API of this registry.")
@click.option("--key-file", type=click.File(), help="Holds the key for it; - is standard input.")
@as_json
@click.pass_obj
def import_file(opened: Opened, /, file: str, **options: Any) -> None:
    """Take FILE in. Exit code 3: some rows were rejected; 4: nothing went in, or would go in."""
    sys.exit(_taken_in(opened, file, **options))


@click.command("export")
@click.argument("dataset", type=click.Choice(DATASETS))
@click.option("--format", "kind", type=click.Choice(("csv", "xlsx", "ndjson")), default="csv")
@click.option("--reason", required=True, help="Why; kept in the access log.")
@click.option("--organisation", "code", required=True, help="Whose records.")
@click.option("--output", type=click.File("wb"), default="-", help="Standard output if not given.")
@click.pass_obj
def export(opened: Opened, dataset: str, kind: str, reason: str, code: str, output: Any) -> None:  # noqa: ANN401
    """Write an organisation's records as a file that can be imported again unchanged."""
    from registry.imports.direct import operator_for
    from registry.imports.exporting import exported

    parts = opened()
    principal = operator_for(parts, code, "registry export")
    for piece in exported(parts, principal, dataset, kind, reason):
        output.write(piece)


def _taken_in(
    opened: Opened,
    file: str,
    *,
    validate: bool,
    report: str | None,
    code: str | None,
    url: str | None,
    key_file: TextIO | None,
    as_json: bool,
    **options: Any,
) -> int:
    """Take a file in and show what it came to; the exit code."""
    options["mode"] = "validate" if validate else "commit"
    bar = Bar(lambda text: click.echo(text, nl=False, err=True), live=sys.stderr.isatty())
    if (url is None) == (code is None):
        raise click.UsageError("say either --organisation, or --url and --key-file")
    if url is not None:
        key = key_file.read().strip() if key_file else ""
        read, marked = _remotely(url, key, Path(file), options, bar)
    else:
        read, marked = _directly(opened(), str(code), Path(file), options, bar)
    bar.end()
    if report is not None:
        Path(report).write_bytes(marked(read))
    text = json.dumps(read, ensure_ascii=False, default=str) if as_json else table(read)
    click.echo(text)
    return exit_code(read)


def _remotely(
    url: str, key: str, file: Path, options: dict[str, Any], bar: Bar
) -> tuple[dict[str, Any], Callable[[dict[str, Any]], bytes]]:
    from registry.imports.remote import RemoteError, Server

    try:
        server = Server(url, key)
        with file.open("rb") as stream:
            read = server.take_in(
                stream, file.stat().st_size, options, told=bar.show, **_said(file)
            )
    except RemoteError as error:
        raise click.ClickException(str(error)) from error
    return read, lambda read: server.annotated(read["id"])


def _directly(
    parts: Registry, code: str, file: Path, options: dict[str, Any], bar: Bar
) -> tuple[dict[str, Any], Callable[[dict[str, Any]], bytes]]:
    from uuid import UUID

    from registry.imports import direct

    principal = direct.operator_for(parts, code, "registry import")
    with file.open("rb") as stream:
        read = direct.take_in(parts, principal, stream, options, told=bar.show, **_said(file))
    return read, lambda read: direct.annotated(parts, principal, UUID(read["id"]))


def _said(file: Path) -> dict[str, str]:
    return {"name": file.name, "content_type": TYPES.get(file.suffix.lower(), ELSE)}
