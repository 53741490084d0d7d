"""What `registry import` shows: a bar while it goes on, plain lines where nobody watches, a table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

WIDTH = 30
COUNTS = ("total", "created", "updated", "unchanged", "rejected", "restored")
DONE, PARTLY, NOTHING = 0, 3, 4  # exit codes; 1 and 2 are every command's own
PERCENT = 100


class Bar:
    """Shows how far an import is: on a terminal in one line, else in a line for each step."""

    def __init__(self, write: Callable[[str], None], *, live: bool) -> None:
        self._write, self._live = write, live
        self._last: tuple[str, int] = ("", -1)
        self._shown = 0

    def show(self, progress: dict[str, Any]) -> None:
        """Show a stage, the rows done of it, and the seconds left if they are known."""
        stage, done, total = progress["stage"], progress["done"], progress["total"]
        tenth = done * 10 // total if total else 0
        if self._live:
            self._draw(stage, done, total, progress.get("seconds_left"))
        elif (stage, tenth) != self._last:
            self._write(f"{stage} {done}/{total}\n" if total else f"{stage}\n")
        self._last = (stage, tenth)

    def end(self) -> None:
        """Leave the line."""
        if self._live and self._shown:
            self._write("\n")

    def _draw(self, stage: str, done: int, total: int, left: int | None) -> None:
        share = done / total if total else 0.0
        bar = "#" * round(WIDTH * share)
        text = f"{stage:<7} [{bar:<{WIDTH}}] {share * PERCENT:3.0f}% {done}/{total}"
        text += f" {left} s left" if left is not None else ""
        self._write("\r" + text.ljust(self._shown))
        self._shown = len(text)


def table(read: dict[str, Any]) -> str:
    """What an import came to, as lines of a table."""
    lines = [f"{read['dataset']}: {read['state']}"]
    lines += [f"  {name:<10}{read['rows'][name]:>10}" for name in COUNTS]
    if read["failure"]:
        lines += ["", f"{read['failure']['code']}: {read['failure']['text']['en']}"]
        lines += [f"  {read['failure']['hint']['en']}"]
    if read["same_file_as"]:
        lines += ["", f"This very file was taken in before, by {read['same_file_as']}."]
    for severity in ("error", "warning"):
        found = [one for one in read["summary"] if one["severity"] == severity]
        if found:
            lines += ["", f"{severity}s"]
            lines += [_kind(one) for one in found]
    return "\n".join(lines)


def _kind(one: dict[str, Any]) -> str:
    where = f" ({one['column']})" if one["column"] else ""
    return f"  {one['count']:>8}  {one['code']}{where}: {one['text']['en']}"


def exit_code(read: dict[str, Any]) -> int:
    """0 if all rows are or would be taken, 3 if some, 4 if none."""
    if read["state"] == "committed_partly":
        return PARTLY
    if read["state"] == "committed":
        return DONE
    return NOTHING if read["state"] != "validated" or read["errors"] else DONE
