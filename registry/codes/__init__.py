"""Code lists and zone schemes: the vocabulary of every other feature, kept as data."""
