"""Money into start-ups: start-ups, investments and their transactions."""
