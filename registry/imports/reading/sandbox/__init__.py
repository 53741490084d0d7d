"""The child process that opens a workbook: under limits, with no environment and no secret.

It imports nothing of the registry, so that it starts fast; `__main__` is run by its path. Without
an end it has died.
"""
