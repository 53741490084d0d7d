"""`/imports`: HTTP only."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, BinaryIO, cast

from flask import Response, request
from werkzeug.http import parse_options_header

from registry.core.api import ANY_KEY, Blueprint
from registry.core.fields import ready
from registry.core.http import json_response, language
from registry.core.input import NoQuery
from registry.core.paging import Page, paged
from registry.core.parts import registry
from registry.core.problems import DomainError
from registry.core.responses import BASE
from registry.core.sheets import CSV, JSON, csv_response, file_response
from registry.core.telemetry import request_id
from registry.core.workbooks import XLSX
from registry.imports import pipeline, presentation, queries, receiving, service
from registry.imports.claims import taken
from registry.imports.datasets import DATASETS
from registry.imports.models import Import, ImportProblem
from registry.imports.record import MOST_PROBLEMS
from registry.imports.schemas import (
    CommitQuery,
    ImportFilter,
    ImportPage,
    ImportQuery,
    ImportRead,
    MistakeFilter,
    MistakePage,
    UndoQuery,
)  # fmt: skip

if TYPE_CHECKING:
    from uuid import UUID

    from registry.access.principal import Principal
    from registry.core.parts import Caller, Registry
    from registry.core.work import Work
    from registry.imports.receiving import Upload

imports = Blueprint(
    "imports", __name__, url_prefix=f"{BASE}/imports", description="Files that institutions send in"
)
blueprints = (imports,)
SCOPE = receiving.SCOPE
NDJSON = "application/x-ndjson"
OCTETS = "application/octet-stream"
TYPES = (
    CSV, "text/tab-separated-values", NDJSON, XLSX, "application/vnd.ms-excel", OCTETS,
)  # fmt: skip
KINDS = {"xlsx": XLSX, "csv": CSV, "ndjson": NDJSON}
AT_ONCE = 1000  # rows that are answered at once if asked
ERROR_COLUMNS = (
    "severity", "sheet", "row", "column", "field", "value", "code", "text.ko", "text.en",
    "hint.ko", "hint.en",
)  # fmt: skip


def _receive(parts: Registry, caller: Caller, asked: dict[str, Any]) -> Upload:
    if request.mimetype not in TYPES:
        raise DomainError("unsupported-media-type", expected=", ".join(TYPES))
    limit = parts.settings.import_limit_bytes
    if (request.content_length or 0) > limit:
        raise DomainError("payload-too-large", limit=limit)
    request.max_content_length = limit + 1
    return receiving.store(
        parts, cast("Principal", caller), request_id(), asked, cast("BinaryIO", request.stream), name=_file_name(),
        content_type=request.mimetype,
    )  # fmt: skip


def _file_name() -> str | None:
    _, options = parse_options_header(request.headers.get("Content-Disposition"))
    return receiving.file_name(options.get("filename", ""))


def _at_once(parts: Registry, caller: Caller, row: dict[str, Any]) -> Response | None:
    claimed: Import | None = row.get("claimed")
    if claimed is None:
        return None
    pipeline.run(taken(parts, claimed))
    with parts.database.reading(caller) as work:
        found = queries.visible_import(work, claimed.id)
        if found.queued:  # the database was busy; a worker goes on with it
            return None
        answer = presentation.presented(work, parts.keyring, found, results=True)
    response = json_response(ready(ImportRead).dump(answer))
    response.headers["Preference-Applied"] = "wait"
    response.headers["Location"] = f"{BASE}/imports/{claimed.id}"
    return response


@imports.act(
    "", access=SCOPE, query=ImportQuery, takes=TYPES, receive=_receive, after=_at_once,
    answers=ImportRead, location="/imports/{id}",
)  # fmt: skip
def send_file(work: Work, _asked: dict[str, Any], upload: Upload) -> dict[str, Any]:
    """Send in a file; it is stored, then judged, and with `mode=commit` taken in, by and by."""
    wait = "wait" in re.split(r"[,;=\s]+", request.headers.get("Prefer", "").lower())
    at_once = wait and request.mimetype == NDJSON and upload.lines <= AT_ONCE
    row = service.accept(work, registry(), upload, at_once=at_once)
    work.session.flush()
    answer = presentation.presented(work, registry().keyring, row)
    return answer | {"claimed": row if at_once else None}


@imports.read("", access=SCOPE, query=ImportFilter, answers=ImportPage)
def list_imports(work: Work, asked: dict[str, Any]) -> Page:
    """List the imports of your organisation, the newest first."""
    select = queries.filtered_imports(work, asked)
    page = paged(work, select, asked, [Import.id], descending=True)
    items = presentation.all_presented(work, registry().keyring, page.items)
    return Page(items, page.next_cursor)


@imports.read("/<uuid:import_id>", access=SCOPE, answers=ImportRead, problems=(404,))
def read_import(work: Work, _asked: dict[str, Any], import_id: UUID) -> dict[str, Any]:
    """Read how far an import is, and what it came to."""
    return presentation.presented(work, registry().keyring, queries.visible_import(work, import_id))


@imports.read(
    "/<uuid:import_id>/errors", access=SCOPE, query=MistakeFilter, answers=MistakePage,
    produces=(JSON, CSV), problems=(404,),
)  # fmt: skip
def list_mistakes(work: Work, asked: dict[str, Any], import_id: UUID) -> Page | Response:
    """List every mistake of a file, as pages or as one CSV file."""
    row = queries.visible_import(work, import_id)
    select = queries.problems_of(row, asked["severity"])
    keyring = registry().keyring
    if asked["format"] == "csv":
        found = work.session.scalars(
            select.order_by(ImportProblem.id).limit(MOST_PROBLEMS),
            execution_options=queries.PIECEMEAL,
        )
        items = presentation.mistakes(work, keyring, row, found)
        return csv_response("errors", ERROR_COLUMNS, items, None, bom=asked["bom"])
    page = paged(work, select, asked, [ImportProblem.id])
    return Page([*presentation.mistakes(work, keyring, row, page.items)], page.next_cursor)


@imports.read(
    "/<uuid:import_id>/annotated", access=SCOPE, answers=ImportRead, produces=(XLSX, CSV, NDJSON),
    query=NoQuery, problems=(404, 409),
)  # fmt: skip
def read_annotated(work: Work, _asked: dict[str, Any], import_id: UUID) -> Response:
    """Get your own file back, its mistakes marked; mended and sent again it works as it is."""
    from registry.imports import annotating  # noqa: PLC0415 - what changes workbooks loads slowly

    row = queries.own_import(work, import_id)
    work.log_access("import.annotated", [row.id])
    found = annotating.annotated(work, registry(), row, language())
    response = Response(found.data, content_type=KINDS[found.kind])
    response.headers["Content-Disposition"] = f'attachment; filename="annotated.{found.kind}"'
    return response


@imports.act(
    "/<uuid:import_id>/commit", access=SCOPE, query=CommitQuery, answers=ImportRead, problems=(409,)
)
def commit_import(work: Work, asked: dict[str, Any], import_id: UUID) -> dict[str, Any]:
    """Take in what was validated, exactly that, or say what changed meanwhile."""
    row = service.commit(work, import_id, asked["on_error"])
    return presentation.presented(work, registry().keyring, row)


@imports.act("/<uuid:import_id>/cancel", access=SCOPE, answers=ImportRead, problems=(409,))
def cancel_import(work: Work, _asked: dict[str, Any], import_id: UUID) -> dict[str, Any]:
    """End an import; its file is destroyed, what went in already stays."""
    row = service.cancel(work, import_id)
    return presentation.presented(work, registry().keyring, row)


@imports.write(
    "POST", "/<uuid:import_id>/undo", access=SCOPE, query=UndoQuery, answers=ImportRead,
    problems=(404,),
)  # fmt: skip
def undo_import(work: Work, import_id: UUID, **asked: Any) -> dict[str, Any]:
    """Take an import back: what it created goes, what it updated is as it was before."""
    keyring = registry().keyring
    row = service.undo(
        work, keyring, import_id, asked["reason"], skip_changed=asked["skip_changed"]
    )
    return presentation.presented(work, keyring, row)


@imports.read(
    "/templates/<string:dataset>.xlsx", access=ANY_KEY, answers=ImportRead, produces=(XLSX,),
    problems=(404,),
)  # fmt: skip
def read_template(work: Work, _asked: dict[str, Any], dataset: str) -> Response:
    """Get an empty workbook of a dataset: a guide, drop-downs, an example row."""
    from registry.imports import annotating  # noqa: PLC0415 - as above

    if dataset not in DATASETS:
        raise DomainError("not-found")
    return file_response(annotating.template_of(work, dataset, language()), "xlsx", dataset)
