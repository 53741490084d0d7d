"""The console's pages, gathered; importing them declares them."""

from __future__ import annotations

from registry.web.console import (
    city,
    context,
    doors,
    duplicates,
    figures,
    home,
    keys,
    logs,
    money,
    own,
    people,
    people_accounts,
    uploads,
)
from registry.web.console.area import console

blueprints = (console,)
views = (
    city, context, doors, duplicates, figures, home, keys, logs, money, own, people,
    people_accounts, uploads,
)  # fmt: skip
