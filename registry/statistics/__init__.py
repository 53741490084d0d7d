"""The ledger of what counts, and every question that is asked of it."""
