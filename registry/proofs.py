"""All proofs, one after the other: the log, the rows, the sealed documents, what was published."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from registry import tables  # noqa: F401 - a table not imported would be a false finding
from registry.releases.verification import verify_releases
from registry.revisions import verification
from registry.statistics.protection.verification import verify_publications
from registry.statistics.verification import all_postings, verify_ledger
from registry.trainees.verification import verify_trainees

if TYPE_CHECKING:
    from registry.core.parts import Registry


def findings_of(parts: Registry, anchored: dict[int, str]) -> Iterable[dict[str, Any]]:
    """What is wrong: code, revision, detail, record. `anchored` are digests noted elsewhere."""
    with parts.database.reading() as work:
        session = work.session
        posted = all_postings(session)
        for prove in (
            lambda: verification.verify_log(session, anchored, posted=posted),
            lambda: verification.verify_history(session),
            lambda: verification.verify_sealed(session, parts.keyring),
            lambda: verify_trainees(session),
        ):
            yield from _survived(prove, asdict)
        yield from _survived(lambda: verify_ledger(session), _of_ledger)
        yield from _survived(lambda: verify_publications(session), _of_publication)
        yield from _survived(lambda: verify_releases(work), asdict)


def _of_ledger(sentence: str) -> dict[str, Any]:
    return {"code": "ledger", "revision": None, "detail": sentence, "record": None}


def _of_publication(finding: tuple[int, str]) -> dict[str, Any]:
    revision, sentence = finding
    return {"code": "publication", "revision": revision, "detail": sentence, "record": None}


def _survived(
    prove: Callable[[], Iterable[Any]], shown: Callable[[Any], dict[str, Any]]
) -> Iterable[dict[str, Any]]:
    """What one proof finds; data too broken to be read is a finding, not the end of the others."""
    try:
        for finding in prove():
            yield shown(finding)
    except (LookupError, ValueError, TypeError, AttributeError) as error:
        detail = f"a row cannot be read ({type(error).__name__}); the proof stopped there"
        yield {"code": "unreadable", "revision": None, "detail": detail, "record": None}
