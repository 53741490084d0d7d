"""HTTP of `access`."""

from __future__ import annotations

from registry.core.api import Blueprint

blueprints: tuple[Blueprint, ...] = ()
