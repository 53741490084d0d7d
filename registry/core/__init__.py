"""What every feature stands on: database, input, problems, paging, secrets. Knows no feature."""
