"""Figures frozen under a name, and what moved between two of them."""
