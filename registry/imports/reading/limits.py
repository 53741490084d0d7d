"""How much of a file is read before it is refused: no sender decides that."""

from __future__ import annotations

from dataclasses import dataclass

MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of one file; the workbook's are of the child process that opens it."""

    rows: int = 2_000_000
    columns: int = 200
    cell_characters: int = 32_767  # what Excel itself allows
    chunk_rows: int = 2_000
    workbook_bytes: int = 64 * MIB
    inflated_bytes: int = 400 * MIB
    members: int = 1_000
    cells: int = 8_000_000  # of a sheet's rectangle, blanks included
    seconds_per_mib: int = 4  # of processor time that a text may take beside those `seconds`
    memory_bytes: int = 320 * MIB  # of the child's address space
    seconds: int = 9  # of processor time, and of waiting for the child: ten with all around it
