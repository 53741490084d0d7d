"""The revision log: one numbered, chained entry for every change of registry data."""
