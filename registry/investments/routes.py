"""The blueprints of this feature."""

from __future__ import annotations

from registry.investments.investment_routes import duplicates, investments
from registry.investments.startup_routes import startups
from registry.investments.transaction_routes import transactions

blueprints = (startups, investments, transactions, duplicates)
