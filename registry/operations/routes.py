"""HTTP of `operations`."""

from __future__ import annotations

from registry.core.api import Blueprint

blueprints: tuple[Blueprint, ...] = ()
