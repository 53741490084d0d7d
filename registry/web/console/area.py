"""The area that all pages of the console are declared in."""

from __future__ import annotations

from registry.web.console.pages import Console

console = Console("console", __name__)
