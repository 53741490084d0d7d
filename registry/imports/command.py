"""`registry import`: a file through the API with a key, or straight on the database."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import click

from registry.core.sheets import CSV
from registry.core.workbooks import XLSX
from registry.imports.terminal import Bar, exit_code, table

if TYPE_CHECKING:
    from collections.abc import Callable

    from registry.core.api import Registry

TYPES = {
    ".csv": CSV, ".txt": CSV, ".tsv": "text/tab-separated-values", ".xlsx": XLSX,
    ".xls": "application/vnd.ms-excel", ".ndjson": "application/x-ndjson",
    ".jsonl": "application/x-ndjson",
}  # fmt: skip
ELSE = "application/octet-stream"


def import_file(
    parts: Callable[[], Registry],
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
        read, marked = _directly(parts(), str(code), Path(file), options, bar)
    bar.end()
    if report is not None:
        Path(report).write_bytes(marked(read))
    text = json.dumps(read, ensure_ascii=False, default=str) if as_json else table(read)
    click.echo(text)
    return exit_code(read)


def _remotely(
    url: str, key: str, file: Path, options: dict[str, Any], bar: Bar
) -> tuple[dict[str, Any], Callable[[dict[str, Any]], bytes]]:
    from registry.imports.remote import RemoteError, Server  # noqa: PLC0415 - only if asked for

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
    from uuid import UUID  # noqa: PLC0415

    from registry.imports import direct  # noqa: PLC0415 - only if asked for

    principal = direct.operator_for(parts, code, "registry import")
    with file.open("rb") as stream:
        read = direct.take_in(parts, principal, stream, options, told=bar.show, **_said(file))
    return read, lambda read: direct.annotated(parts, principal, UUID(read["id"]))


def _said(file: Path) -> dict[str, str]:
    return {"name": file.name, "content_type": TYPES.get(file.suffix.lower(), ELSE)}
