"""The console's pages, gathered; importing them declares them."""

from __future__ import annotations

from registry.web.console import (
    city,
    codes,
    context,
    doors,
    duplicates,
    figures,
    home,
    keys,
    known,
    logs,
    money,
    organisations,
    own,
    people,
    people_accounts,
    programmes,
    uploads,
)
from registry.web.console.area import console

blueprints = (console,)
views = (
    city, codes, context, doors, duplicates, figures, home, keys, known, logs, money, organisations, own, people,
    people_accounts, programmes, uploads,
)  # fmt: skip
