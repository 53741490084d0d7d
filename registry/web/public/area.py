"""The area that all public pages are declared in."""

from __future__ import annotations

from registry.web.pages import Pages

public = Pages("public", __name__)
