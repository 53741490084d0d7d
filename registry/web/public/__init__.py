"""The pages for everybody: front, talents, investment, releases, method and data."""
