"""The registry of Busan's digital talents and start-ups.

A system of record whose figures are exact at commit, explainable to the row and reproducible
for any past date. Start reading at `app.create_app`; `README.md` says how to run it.
"""

__version__ = "0.1.0"
