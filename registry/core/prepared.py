"""Selects that run on every request: their text compiled once, run on the driver's own cursor.

Through SQLAlchemy a select of one row costs this process four times what the driver needs for it.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Dialect, Select
    from sqlalchemy.engine.interfaces import DBAPICursor


class Prepared:
    """A select with its text, and what turns values into the driver's and back, for one dialect.

    The driver prepares the text on the server by itself once it has been run a few times.
    """

    def __init__(self, select: Select[Any], dialect: Dialect) -> None:
        self._select = select
        self._dialect = dialect

    def run(
        self, cursor: DBAPICursor, before: str | None = None, **values: Any
    ) -> list[tuple[Any, ...]]:
        """The rows for the values of the bound parameters.

        With another statement `before` it in one round trip, if it has no parameters.
        """
        if before is None:
            cursor.execute(self.text, self._arguments(values))
        else:
            cursor.execute(f"{before}; {self.text}")
            cursor.nextset()
        return [self._converted(row) for row in cursor.fetchall()]

    @cached_property
    def _compiled(self) -> Any:  # noqa: ANN401 - SQLAlchemy types no compiled select
        return self._select.compile(dialect=self._dialect)

    @cached_property
    def text(self) -> str:
        """The statement as the driver is given it."""
        return str(self._compiled)

    @cached_property
    def _binds(self) -> Mapping[str, Any]:
        return {
            name: bind.type.dialect_impl(self._dialect).bind_processor(self._dialect)
            for name, bind in self._compiled.binds.items()
        }

    @cached_property
    def _fixed(self) -> Mapping[str, Any]:
        return dict(self._compiled.params)

    @cached_property
    def _results(self) -> list[Any]:
        types = [
            column.type.dialect_impl(self._dialect) for column in self._select.selected_columns
        ]
        return [kind.result_processor(self._dialect, None) for kind in types]

    def _arguments(self, values: Mapping[str, Any]) -> Any:  # noqa: ANN401 - a tuple or a dict
        given = {**self._fixed, **values}
        for name, convert in self._binds.items():
            if convert is not None:
                given[name] = convert(given[name])
        if self._compiled.positional:
            return tuple(given[name] for name in self._compiled.positiontup)
        return given

    def _converted(self, row: tuple[Any, ...]) -> tuple[Any, ...]:
        return tuple(
            value if convert is None else convert(value)
            for value, convert in zip(row, self._results, strict=True)
        )
