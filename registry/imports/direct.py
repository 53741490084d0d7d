"""An operator's import, straight on the database: the same way as by the API, in this process."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, BinaryIO

from registry.access.principal import CITY_SCOPES, SCOPES, Principal
from registry.access.queries import organisation_by_code, seen_organisations
from registry.core.fields import ready
from registry.core.problems import DomainError
from registry.imports import claims, pipeline, presentation, queries, receiving, service
from registry.imports.reading import begun_for
from registry.imports.schemas import ImportRead

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    from registry.core.parts import Registry

BUSY = 0.2  # seconds until a database that was busy is asked again


def operator_for(parts: Registry, code: str, label: str) -> Principal:
    """Whoever is at the server itself, acting for one organisation. Raises not-found."""
    with parts.database.reading() as work:
        organisation = organisation_by_code(work.session, code)
        if organisation is None:
            raise DomainError("not-found")
        seen = seen_organisations(work.session, organisation, work.today)
        return Principal(
            organisation_id=organisation.id,
            organisation_code=code,
            label=label,
            scopes=frozenset(SCOPES) - CITY_SCOPES,
            organisations=tuple(o.id for o in seen),
            organisation_codes=tuple(o.code for o in seen),
        )


def take_in(
    parts: Registry,
    principal: Principal,
    stream: BinaryIO,
    options: dict[str, Any],
    *,
    name: str,
    content_type: str,
    told: Callable[[dict[str, Any]], None],
) -> dict[str, Any]:
    """Send a file in and work through it; the import as the API would answer it."""
    with begun_for(name) as opener:
        upload = receiving.store(
            parts,
            principal,
            "",
            options,
            opener.reading(stream) if opener else stream,
            name=receiving.file_name(name),
            content_type=content_type,
        )
        with parts.database.acting(principal) as work:
            row = service.accept(work, parts, upload, at_once=True)
        job = claims.taken(parts, row)
        job.opener = opener
        return _worked_through(parts, principal, upload.id, job, told)


def _worked_through(
    parts: Registry,
    principal: Principal,
    import_id: UUID,
    job: claims.Job | None,
    told: Callable[[dict[str, Any]], None],
) -> dict[str, Any]:
    while True:
        if job is not None:
            job.told = lambda row: told(_progress(parts, row))
            pipeline.run(job)
        with parts.database.reading(principal) as work:
            found = queries.visible_import(work, import_id)
            if not found.queued:
                answer = presentation.presented(work, parts.keyring, found)
                answered: dict[str, Any] = ready(ImportRead).dump(answer)
                return answered
        time.sleep(BUSY)
        job = claims.claim(parts, only=import_id)


def _progress(parts: Registry, row: Any) -> dict[str, Any]:  # noqa: ANN401 - an import
    return presentation.progress(row, parts.clock.now())


def annotated(parts: Registry, principal: Principal, import_id: UUID) -> bytes:
    """The file with its mistakes marked; the reading is logged. Raises import-destroyed."""
    from registry.imports import annotating  # noqa: PLC0415 - what changes workbooks loads slowly

    with parts.database.reading(principal) as work:
        row = queries.own_import(work, import_id)
        data = annotating.annotated(work, parts, row, "ko").data
        work.log_access("import.annotated", [row.id])
    parts.accessed(parts, work)
    return data
