"""A registry of any size, written straight into the tables: ten years, 610 recorded days.

The records come out of one INSERT ... SELECT over a series of numbers, the postings out of the
product's own rule, so that the ledger says what the records say. Number `n` has a month (the
series runs through 120 of them), a programme (`n % 400`: 20 institutions with 20 each) and a block
(`n / 400`), which decides what sets it apart: three blocks in ten are a person met before, at the
same institution and in the same year, a year later, or three years later; one in ten is such a
person at another institution, linked. The first four hundred of each month are new people who
complete, so every cell has every month at any size. A record arrives up to two months late,
and no person's earlier enrolment arrives after a later one: what was posted then stands.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    BigInteger,
    Select,
    UniqueConstraint,
    cast,
    func,
    insert,
    select,
    text,
)  # fmt: skip
from sqlalchemy.orm import Session
from sqlalchemy.schema import AddConstraint, DropConstraint

from registry.access.organisations import create_organisation
from registry.access.principal import operator
from registry.app import assemble
from registry.codes.models import CodeItem
from registry.core.clock import SEOUL, ManualClock
from registry.core.types import new_id
from registry.revisions.models import Revision
from registry.statistics.closing import close
from registry.statistics.models import TRAINEES
from registry.statistics.rules import trainees as rule
from registry.trainees.intervals import employment_deadline
from registry.trainees.models import Enrolment, Programme, Trainee, TraineeLink

if TYPE_CHECKING:
    from sqlalchemy import Connection, Table

    from registry.core.parts import Registry
    from registry.settings import Settings

FIRST_YEAR = 2022
MONTHS = 120
INSTITUTIONS, PROGRAMMES = 20, 400
LATEST = 2  # a record arrives so many months after it happened, at most
DAYS = (20, 22, 24, 26, 28)  # a month's recorded days
PARTS = 4  # revisions of a recorded day
BEGINNING = datetime(FIRST_YEAR, 1, 5, 9, 0, tzinfo=SEOUL)
NOW = datetime(FIRST_YEAR + MONTHS // 12, 4, 15, 9, 0, tzinfo=SEOUL)
LOADED: tuple[Table, ...] = (
    Trainee.__table__, TraineeLink.__table__, Enrolment.__table__, TRAINEES.posting,
)  # type: ignore[assignment]  # fmt: skip


def generate(settings: Settings, count: int) -> None:
    """Fill an installed, empty registry with so many enrolments."""
    parts = assemble(settings, ManualClock(BEGINNING))
    engine = parts.database.engine
    programmes = _programmes(parts)
    with parts.database.reading() as work:
        first = work.head.number + 1
    with engine.connect() as connection:
        loading = _Loading(connection, count, is_sqlite=parts.database.is_sqlite)
        loading.prepare(programmes, first)
        loading.records()
        loading.ledger()
        connection.commit()
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE" if parts.database.is_sqlite else "VACUUM (ANALYZE)"))
    engine.dispose()


def month_number(place: int) -> tuple[int, int]:
    """The year and month so many months after the first."""
    return FIRST_YEAR + place // 12, place % 12 + 1


def recorded_days() -> list[date]:
    """The days on which something was recorded, in order."""
    places = range(MONTHS + LATEST)
    return [date(*month_number(place), day) for place in places for day in DAYS]


def _programmes(parts: Registry) -> list[Programme]:
    """Four hundred programmes, each with a cell of its own, by the product's own writes."""
    with parts.database.writing(operator("bench")) as work:
        work.action = "programme.create"
        codes = {
            name: [
                item.code
                for item in work.session.scalars(
                    select(CodeItem)
                    .where(CodeItem.list == name, CodeItem.counts)
                    .order_by(CodeItem.position)
                )
            ]
            for name in ("programme-kinds", "fields", "districts")
        }
        owners = [
            create_organisation(
                work,
                {"code": f"B{n:02}", "kind": "training_institution", "name": f"기관 {n}",
                 "name_en": f"Institution {n}"},
            )
            for n in range(INSTITUTIONS)
        ]  # fmt: skip
        made = [_programme(n, owners[n % INSTITUTIONS].id, codes) for n in range(PROGRAMMES)]
        work.session.add_all(made)
    return made


def _programme(n: int, owner: Any, codes: dict[str, list[str]]) -> Programme:
    kinds, fields, districts = codes["programme-kinds"], codes["fields"], codes["districts"]
    return Programme(
        id=new_id(),
        organisation_id=owner,
        code=f"P{n:03}",
        name=f"과정 {n}",
        kind=kinds[n // INSTITUTIONS % len(kinds)],
        field=fields[(n // 40 * 11 + n) % len(fields)],
        secondary_fields=[],
        district_code=districts[n * 7 % len(districts)],
    )


@dataclass(frozen=True)
class _Loading:
    """The statements of one load."""

    connection: Connection
    count: int
    is_sqlite: bool

    def run(self, statement: str) -> None:
        """Run one statement of text."""
        self.connection.execute(text(statement))

    def prepare(self, programmes: list[Programme], first: int) -> None:
        """What the series is joined to: programmes and dates by place; and the revisions."""
        uuid = "CHAR(32)" if self.is_sqlite else "UUID"
        if self.is_sqlite:
            self.connection.exec_driver_sql("PRAGMA foreign_keys = OFF")
            self.connection.exec_driver_sql("PRAGMA cache_size = -400000")
        else:
            self.run("SET statement_timeout = 0")
            self.run("SET idle_in_transaction_session_timeout = 0")
            if self.connection.scalar(text("SELECT current_setting('is_superuser')")) == "on":
                self.run("SET session_replication_role = replica")  # no check of each foreign key
            self.run("SET work_mem = '768MB'")
            self.run("SET maintenance_work_mem = '1536MB'")
        self.run(
            f"CREATE TEMPORARY TABLE bench_programme (place INTEGER PRIMARY KEY, id {uuid},"
            f" organisation_id {uuid})"
        )
        self.run(
            "CREATE TEMPORARY TABLE bench_slot (month INTEGER, variant INTEGER, part INTEGER,"
            " enrolled_on DATE, status_on DATE, deadline DATE, revision INTEGER,"
            " PRIMARY KEY (month, variant, part))"
        )
        plain = str if not self.is_sqlite else (lambda value: value.hex)
        self._fill(
            "bench_programme",
            [
                {"place": n, "id": plain(p.id), "organisation_id": plain(p.organisation_id)}
                for n, p in enumerate(programmes)
            ],
        )
        self._fill("bench_slot", _slots(first))
        self.connection.execute(insert(Revision), _revisions(first))

    def _fill(self, table: str, rows: list[dict[str, Any]]) -> None:
        names = list(rows[0])
        casts = {"id": "uuid", "organisation_id": "uuid"} if not self.is_sqlite else {}
        values = ", ".join(f"CAST(:{n} AS {casts[n]})" if n in casts else f":{n}" for n in names)
        self.connection.execute(
            text(f"INSERT INTO {table} ({', '.join(names)}) VALUES ({values})"), rows
        )

    def records(self) -> None:
        """Trainees, links and enrolments."""
        self._without_indexes()
        self.run(f"CREATE TEMPORARY TABLE bench_row AS {self._series()}")
        self.run(
            "INSERT INTO trainee (id, organisation_id, unit_id, document_mac, created_revision,"
            " created_row, revision, version)"
            f" SELECT {self._uuid(1, 'n')}, p.organisation_id,"
            f" CASE WHEN linked THEN {self._uuid(1, 'person')} ELSE {self._uuid(1, 'n')} END,"
            " 'erased', s.revision, n, s.revision, 1"
            f" FROM bench_row r {self._joins()} WHERE linked OR person = n"
        )
        self.run(
            "INSERT INTO trainee_link (id, trainee_a_id, trainee_b_id, origin, undone,"
            " created_revision, created_row, revision, version)"
            f" SELECT {self._uuid(2, 'n')}, {self._uuid(1, 'person')}, {self._uuid(1, 'n')},"
            f" 'identity', {self._false}, s.revision, n, s.revision, 1"
            f" FROM bench_row r {self._joins()} WHERE linked"
        )
        self.run(
            "INSERT INTO enrolment (id, organisation_id, programme_id, trainee_id, enrolled_on,"
            " status, status_on, employment_deadline, voided, created_revision, created_row,"
            " revision, version)"
            f" SELECT {self._uuid(3, 'n')}, p.organisation_id, p.id,"
            f" CASE WHEN linked THEN {self._uuid(1, 'n')} ELSE {self._uuid(1, 'person')} END,"
            " s.enrolled_on, r.status, s.status_on, s.deadline,"
            f" {self._false}, s.revision, n, s.revision, 1 FROM bench_row r {self._joins()}"
        )
        self.run("DROP TABLE bench_row")
        if not self.is_sqlite:
            self.run("ANALYZE enrolment")
            self.run("ANALYZE trainee")

    def ledger(self) -> None:
        """Cells, postings and their sums, as the product's rule and the revisions give them."""
        tables = TRAINEES
        cells = (
            Programme.organisation_id,
            Programme.kind,
            Programme.field,
            Programme.district_code,
        )
        self._insert(tables.cell, tables.dimensions, select(*cells).distinct())
        due = rule.contributions(everyone=True).subquery()
        same = [tables.cell.c[d] == due.c[d] for d in tables.dimensions]
        names = ("record_id", "cell_id", "month", *tables.measures)
        columns = [tables.cell.c.id if n == "cell_id" else due.c[n] for n in names]
        source = (
            select(Enrolment.created_revision, *columns)
            .join_from(due, tables.cell, same[0] & same[1] & same[2] & same[3])
            .join(Enrolment, Enrolment.id == due.c.record_id)
        )
        self._insert(tables.posting, ("revision", *names), source)
        self._with_indexes()
        self._sums()

    def _sums(self) -> None:
        tables, posting = TRAINEES, TRAINEES.posting.c
        keys = (posting.month, posting.cell_id)
        sums = [cast(func.sum(posting[m]), BigInteger).label(m) for m in tables.measures]
        names = ("month", "cell_id", *tables.measures)
        by_day = (
            select(*keys, *sums, Revision.day)
            .join_from(tables.posting, Revision, Revision.number == posting.revision)
            .group_by(*keys, Revision.day)
            .order_by(Revision.day, *keys)
        )
        self._insert(tables.figure, (*names, "day"), by_day)
        days = tables.figure.c
        keys, names = (days.month, days.cell_id), ("month", "cell_id", *tables.measures)
        sums = [cast(func.sum(days[m]), BigInteger).label(m) for m in tables.measures]
        self._insert(tables.total, names, select(*keys, *sums).group_by(*keys))
        close(Session(self.connection), tables, BEGINNING.date(), recorded_days()[-1])

    def _insert(self, table: Table, names: tuple[str, ...], source: Select[Any] | Any) -> None:
        self.connection.execute(insert(table).from_select(list(names), source))

    def _without_indexes(self) -> None:
        for table in LOADED:
            for index in table.indexes:
                index.drop(self.connection)
            for constraint in self._constraints(table):
                self.connection.execute(DropConstraint(constraint))

    def _with_indexes(self) -> None:
        for table in LOADED:
            for index in table.indexes:
                index.create(self.connection)
            for constraint in self._constraints(table):
                self.connection.execute(AddConstraint(constraint))

    def _constraints(self, table: Table) -> list[UniqueConstraint]:
        if self.is_sqlite:  # it cannot drop one
            return []
        return [c for c in table.constraints if isinstance(c, UniqueConstraint)]

    @property
    def _false(self) -> str:
        return "0" if self.is_sqlite else "false"

    def _uuid(self, kind: int, number: str) -> str:
        """An identifier that sorts by its number, as those of version 7 do."""
        if self.is_sqlite:
            return f"printf('0000000{kind}000070008000%012x', {number})"
        return f"CAST('0000000{kind}-0000-7000-8000-' || lpad(to_hex({number}), 12, '0') AS UUID)"

    def _joins(self) -> str:
        return (
            "JOIN bench_programme p ON p.place = r.place"
            " JOIN bench_slot s ON s.month = r.month AND s.variant = (r.block + r.place) % 15"
            " AND s.part = (r.block + r.place) / 15 % 4"
        )

    def _series(self) -> str:
        """Number, month, block, programme, whose person, whether linked, status."""
        count, blocks = self.count, self.count / MONTHS / PROGRAMMES  # blocks of a month
        # shifts are odd, so that block and person differ in parity: nobody points at a pointer
        year, later, latest = (int(months * blocks) // 2 * 2 + 1 for months in (4.5, 13, 36))
        numbers = (
            f"WITH RECURSIVE series(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM series"
            f" WHERE n < {count - 1})"
            if self.is_sqlite
            else f"WITH series AS (SELECT CAST(generate_series(0, {count - 1}) AS BIGINT) AS n)"
        )
        return f"""{numbers},
            numbered AS (
                SELECT n, n * {MONTHS} / {count} AS month, n / {PROGRAMMES} AS block,
                    n % {PROGRAMMES} AS place
                FROM series),
            varied AS (
                SELECT *, n - (month * {count} + {MONTHS - 1}) / {MONTHS} < {PROGRAMMES} AS plain,
                    block % 10 AS kind,
                    CASE block % 10 WHEN 9 THEN {year} WHEN 3 THEN {year} WHEN 7 THEN {later}
                        WHEN 5 THEN {latest} ELSE 0 END AS shift,
                    CASE block % 10 WHEN 3 THEN 1 ELSE {INSTITUTIONS} END AS aside
                FROM numbered),
            known AS (
                SELECT *, NOT plain AND shift > 0 AND block >= shift AS again FROM varied)
            SELECT n, month, block, place, again AND kind = 3 AS linked,
                CASE WHEN again
                    THEN (block - shift) * {PROGRAMMES} + (place + aside) % {PROGRAMMES}
                    ELSE n END AS person,
                CASE WHEN plain OR (n * 31 + 7) % 100 < 78 THEN 'completed'
                    WHEN (n * 31 + 7) % 100 < 90 THEN 'early_employed'
                    WHEN (n * 31 + 7) % 100 < 96 THEN 'not_completed' ELSE 'withdrawn' END AS status
            FROM known"""


def _slots(first: int) -> list[dict[str, Any]]:
    return [
        {
            "month": month, "variant": variant, "part": part,
            "enrolled_on": date(*month_number(month - 3), 1 + variant),
            "status_on": date(*month_number(month), 1 + variant),
            "deadline": employment_deadline(date(*month_number(month), 1 + variant)),
            "revision": first + _day(month, variant) * PARTS + part,
        }
        for month in range(MONTHS) for variant in range(15) for part in range(PARTS)
    ]  # fmt: skip


def _day(month: int, variant: int) -> int:
    """On which recorded day a variant arrives: up to two months late, on one of five days."""
    return (month + variant % (LATEST + 1)) * len(DAYS) + variant // 3


def _revisions(first: int) -> list[dict[str, Any]]:
    moments = [
        datetime(day.year, day.month, day.day, 10, tzinfo=SEOUL) + timedelta(hours=2 * part)
        for day in recorded_days() for part in range(PARTS)
    ]  # fmt: skip
    return [
        {
            "number": first + place, "at": at, "day": at.date(), "actor": "bench",
            "request_id": "bench", "action": "import.apply", "rows": 1, "content": "0" * 64,
            "digest": "0" * 64, "algorithm": "none",
        }
        for place, at in enumerate(moments)
    ]  # fmt: skip
