"""Who looks at a page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import g, request

from registry.accounts.sessions import seen, signed_in
from registry.core.parts import registry
from registry.web.cookies import session_secret

if TYPE_CHECKING:
    from registry.access.principal import Principal
    from registry.accounts.sessions import Signed
    from registry.core.work import Work


def visitor(work: Work) -> Principal:
    """Whose eyes a page is for: the holder of the key that came with the request, else whoever is
    signed in, else nobody.
    """  # noqa: D205 - one sentence
    principal: Principal = work.principal
    if not principal.is_anonymous:
        return principal
    signed = signed_here(work)
    return signed.principal if signed is not None and signed.is_complete else principal


def signed_here(work: Work) -> Signed | None:
    """The session of this browser, perhaps one that still lacks the second factor."""
    secret = session_secret()
    if not secret:
        return None
    signed = signed_in(work, secret, registry().settings, request.remote_addr or "")
    if signed is not None:
        seen(registry(), signed, work.now)
        g.signed = signed
    return signed
