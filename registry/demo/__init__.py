"""A registry with several years of believable data, for trying the product out.

Every name is invented; business numbers carry the office codes 001-099, which no real firm has.
"""
