"""The OpenAPI document of the product, without a database and without anybody's keys."""

from __future__ import annotations

from difflib import unified_diff
from typing import Any

from flask import Flask

from registry.app import create_app
from registry.core.document import document_of, document_text
from registry.settings import NamedKey, Settings


def openapi_document() -> dict[str, Any]:
    """The document as plain data, as `/api/v1/openapi.json` answers it."""
    return document_of(_app())


def openapi_text() -> str:
    """The document as `openapi/registry.v1.json` holds it."""
    return document_text(_app())


def difference(text: str) -> str:
    """A unified diff from a document's text to what the code says; empty if there is none."""
    old, new = text.splitlines(keepends=True), openapi_text().splitlines(keepends=True)
    return "".join(unified_diff(old, new, "openapi/registry.v1.json", "the code"))


def _app() -> Flask:
    nothing = (NamedKey("demo", bytes(32)),)
    return create_app(
        Settings(
            environment="test", database_url="sqlite://", secret_key="demo",  # noqa: S106 - protects nothing here
            identity_keys=nothing, encryption_keys=nothing, log_level="ERROR",
        )
    )  # fmt: skip
