"""Sending a file in, in steps: choose, look at what was found, confirm, and a receipt with undo."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, BinaryIO, cast
from urllib.parse import quote

from flask import Response, g, render_template, url_for
from sqlalchemy import func

from registry.accounts.sessions import form_is_ours
from registry.core.paging import CursorQuery, paged
from registry.core.parts import registry
from registry.core.problems import DomainError, Invalid, catalogue
from registry.core.telemetry import request_id
from registry.core.workbooks import XLSX
from registry.imports import annotating, claims, pipeline, presentation, queries, receiving, service
from registry.imports.datasets import DATASETS, dataset
from registry.imports.files import about
from registry.imports.models import Import, ImportProblem
from registry.imports.rows import fields_of
from registry.imports.schemas import CommitQuery, ImportFilter, ImportQuery, UndoQuery
from registry.web import cookies
from registry.web.console import forms
from registry.web.console.area import console
from registry.web.console.incoming import Incoming
from registry.web.console.pages import Done, gone_on
from registry.web.languages import page_language

if TYPE_CHECKING:
    from uuid import UUID

    from registry.core.parts import Registry
    from registry.core.work import Work
    from registry.imports.rows import Field

OCTETS = "application/octet-stream"  # what a browser says of a file's type is not believed
AT_ONCE_BYTES = 256 * 1024  # a file so short is worked through before the page is answered
AT_ONCE_ROWS = 1000
MISTAKES = 100  # of a page
BUSY = frozenset(("received", "validating", "committing"))
KINDS = {"xlsx": XLSX, "csv": "text/csv", "ndjson": "application/x-ndjson"}


@console.page("/uploads", act="files-send", query=ImportFilter)
def uploads(work: Work, asked: dict[str, Any]) -> str:
    """Choose a file, or look at one that was sent before."""
    own = queries.filtered_imports(work, asked).where(
        Import.organisation_id == work.principal.organisation_id
    )
    found = paged(work, own, asked | {"limit": 20}, [Import.id], descending=True)
    return render_template(
        "console/uploads.html",
        datasets=offered(work),
        imports=presentation.all_presented(work, registry().keyring, found.items),
        next_cursor=found.next_cursor,
    )


def offered(work: Work) -> list[str]:
    """The datasets whose records somebody may write."""
    return [name for name in DATASETS if work.principal.holds(dataset(name).scope)]


def send() -> Response:
    """Take a file in and go on to what was found in it."""
    signed = console.admitted("files-send")
    if isinstance(signed, Response):
        return signed
    parts, incoming = registry(), None
    try:
        incoming = Incoming(parts.settings.import_limit_bytes)
        options = _options(parts, incoming)
        upload = receiving.store(
            parts, signed.principal, request_id(), options, cast("BinaryIO", incoming),
            name=incoming.name or None, content_type=OCTETS,
        )  # fmt: skip
        at_once = upload.size <= AT_ONCE_BYTES
        with parts.database.acting(signed.principal, request_id=request_id()) as work:
            row = service.accept(work, parts, upload, at_once=at_once)
            work.session.flush()
            work.session.expunge(row)
        if at_once:
            pipeline.run(claims.taken(parts, row))
    except DomainError as error:
        return _refused(incoming, error)
    return gone_on(Done(url_for("console.upload", import_id=upload.id)))


console.declare("/uploads", "send", send, "files-send", "POST")


def _options(parts: Registry, incoming: Incoming) -> dict[str, Any]:
    """How the file is to be taken. Raises form-expired, and Invalid."""
    fields = incoming.fields
    if not form_is_ours(parts.keyring, cookies.session_secret(), fields.get("token", "")):
        raise DomainError("form-expired")
    if incoming.name is None:
        raise Invalid.at("file", "required")
    said = {n: v for n, v in fields.items() if v and n not in forms.OWN and n != "sure"}
    said["mode"] = "validate"
    return forms.checked(ImportQuery, said)


def _refused(incoming: Incoming | None, error: DomainError) -> Response:
    """The page again, with all that was chosen; a browser lets nobody choose its file for it."""
    fields = incoming.fields if incoming is not None else {}
    if incoming is not None:
        incoming.drain()
    values = {name: [value] for name, value in fields.items()}
    g.typed = forms.refused("send", values, error)
    return console.shown("uploads", "files-send", {}, catalogue()[error.code].status)


class MistakesShown(CursorQuery):
    """Which of a file's mistakes to show."""


@console.page("/uploads/<uuid:import_id>", act="files-send", query=MistakesShown)
def upload(work: Work, asked: dict[str, Any], import_id: UUID) -> str:
    """Show how far a file is, what was found in it, and what can be done now."""
    keyring = registry().keyring
    row = queries.visible_import(work, import_id)
    shown = presentation.presented(work, keyring, row)
    mistakes = paged(
        work, queries.problems_of(row, None), asked | {"limit": MISTAKES},
        [func.coalesce(ImportProblem.row, 0).label("row"), ImportProblem.id],
    )  # fmt: skip
    return render_template(
        "console/upload.html",
        row=shown,
        waits=row.queued or row.state in BUSY,
        step=_step(row.state),
        labels=_labels(row.dataset),
        mistakes=[*presentation.mistakes(work, keyring, row, mistakes.items)],
        next_cursor=mistakes.next_cursor,
        own=queries.is_own(work, row),
        language=page_language(),
        columns=_columns(shown),
        fields=[(each.name, _label(each)) for each in fields_of(row.dataset)],
    )


def _labels(name: str) -> dict[str, str]:
    return {each.name: _label(each) for each in fields_of(name)}


def _label(each: Field) -> str:
    return each.label if page_language() == "ko" else each.label_en


def _columns(shown: dict[str, Any]) -> list[tuple[str, str]]:
    """The headers of a file that nothing has been taken in from, and what each was taken for."""
    detected = shown["detected"] or {}
    if shown["state"] not in service.MAPPABLE or shown["destroyed_at"]:
        return []
    unknown = dict.fromkeys(detected.get("unknown") or (), "")
    return list((unknown | (detected.get("columns") or {})).items())


def _step(state: str) -> int:
    """Which of the steps a state belongs to."""
    return {"received": 2, "validating": 2, "validated": 3, "committing": 4}.get(state, 4)


@console.page("/uploads/<uuid:import_id>/annotated", act="files-send")
def upload_annotated(work: Work, _asked: dict[str, Any], import_id: UUID) -> Response:
    """Give the own file back with its mistakes marked."""
    row = queries.own_import(work, import_id)
    work.log_access("import.annotated", [row.id])
    found = annotating.annotated(work, registry(), row, page_language())
    sent, _, _ = (about(registry().keyring, row).get("name") or "").rpartition(".")
    return _attached(found.data, found.kind, f"{sent}.annotated" if sent else "annotated")


@console.page("/templates/<string:name>.xlsx", act="files-send")
def template(work: Work, _asked: dict[str, Any], name: str) -> Response:
    """Give an empty workbook of a dataset."""
    if name not in offered(work):
        raise DomainError("not-found")
    return _attached(annotating.template_of(work, name, page_language()), "xlsx", name)


def _attached(data: bytes, kind: str, name: str) -> Response:
    response = Response(data, content_type=KINDS[kind])
    named = f"filename*=UTF-8''{quote(f'{name}.{kind}')}"  # a header has no Korean letters
    response.headers["Content-Disposition"] = f"attachment; {named}"
    return response


def _work_through(parts: Registry, import_id: UUID) -> None:
    """Work a short import through before the page is answered; a long one waits for a worker."""
    with parts.database.reading() as work:
        row = work.session.get_one(Import, import_id)
        is_short = row.queued and row.total <= AT_ONCE_ROWS
    job = claims.claim(parts, only=import_id) if is_short else None
    if job is not None:
        pipeline.run(job)


@console.act(
    "/uploads/<uuid:import_id>/commit", act="files-send", shows="upload", body=CommitQuery,
    revises=False, after=_work_through,
)  # fmt: skip
def commit_import(work: Work, data: dict[str, Any], import_id: UUID) -> Done:
    """Take in what was validated."""
    service.commit(work, import_id, data["on_error"])
    return Done(url_for("console.upload", import_id=import_id))


def _read_anew(parts: Registry, import_id: UUID) -> None:
    """Read a small file before the page is answered; a large one waits for a worker."""
    with parts.database.reading() as work:
        is_small = work.session.get_one(Import, import_id).size <= AT_ONCE_BYTES
    job = claims.claim(parts, only=import_id) if is_small else None
    if job is not None:
        pipeline.run(job)


@console.act(
    "/uploads/<uuid:import_id>/columns", act="files-send", shows="upload", revises=False,
    after=_read_anew,
)  # fmt: skip
def map_columns(work: Work, said: dict[str, Any], import_id: UUID) -> Done:
    """Say what the file's columns are, and have it read anew."""
    row = queries.own_import(work, import_id)
    columns = _columns(presentation.presented(work, registry().keyring, row))
    known = {each.name for each in fields_of(row.dataset)}
    chosen = said.get("column", {})
    names = {header: chosen.get(str(at)) or "" for at, (header, _) in enumerate(columns)}
    if not set(names.values()) <= known | {""}:
        raise DomainError("bad-request")
    service.map_columns(work, registry(), import_id, names)
    return Done(url_for("console.upload", import_id=import_id))


@console.act("/uploads/<uuid:import_id>/cancel", act="files-send", shows="upload", revises=False)
def cancel_import(work: Work, _data: Any, import_id: UUID) -> Done:  # noqa: ANN401 - nothing
    """End an import and destroy its file."""
    service.cancel(work, import_id)
    return Done(url_for("console.upload", import_id=import_id), "cancelled")


class UndoForm(UndoQuery):
    """How an import is to be taken back."""

    class Meta(UndoQuery.Meta):
        """The console itself says when it only asks."""

        exclude = ("dry_run",)


@console.act(
    "/uploads/<uuid:import_id>/undo", act="files-undo", shows="upload", body=UndoForm,
    confirms=True,
)  # fmt: skip
def undo_import(work: Work, data: dict[str, Any], import_id: UUID) -> Done:
    """Take an import back."""
    service.undo(
        work, registry().keyring, import_id, data["reason"], skip_changed=data["skip_changed"]
    )
    return Done(url_for("console.upload", import_id=import_id), "undone")
