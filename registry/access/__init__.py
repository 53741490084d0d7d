"""Who may do what: organisations, their keys, the principal of a request, the access log."""
