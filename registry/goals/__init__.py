"""The city's targets, what was observed of them, and how far they are."""
