"""From a file of whatever kind to rows in columns; knows no database, no HTTP and no clock.

with read(source, dataset="enrolments", codes=codes) as reading:
    reading.detected          # format, encoding, header row, columns, ...
    for rows in reading: ...  # registry.imports.rows.Rows, two thousand at a time
"""

from registry.imports.reading.blocks import Detected
from registry.imports.reading.guard import ResidentNumberFound
from registry.imports.reading.limits import Limits
from registry.imports.reading.reader import Reading, read
from registry.imports.reading.tables import HeaderNotFound
from registry.imports.reading.workbooks import Opener, begun_for

__all__ = [
    "Detected",
    "HeaderNotFound",
    "Limits",
    "Opener",
    "Reading",
    "ResidentNumberFound",
    "begun_for",
    "read",
]
