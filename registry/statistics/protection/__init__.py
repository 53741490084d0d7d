"""What everybody may see of the figures: which tables, which of their cells, since when.

Module by module: `tables` is the list of what is published; `primary` says which cells show too
few; `hiding` finds what else must be hidden with them; `publish` makes a point and stores it;
`public` answers questions from what is stored, and from nothing else.
"""
