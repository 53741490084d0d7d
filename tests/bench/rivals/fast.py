"""FastAPI with pydantic models for what comes in and goes out, and an asynchronous pool."""

from __future__ import annotations

from contextlib import asynccontextmanager
from datetime import date
from typing import TYPE_CHECKING, Any, Literal
from uuid import UUID

from fastapi import FastAPI, HTTPException
from psycopg.rows import dict_row
from psycopg_pool import AsyncConnectionPool
from pydantic import BaseModel, Field

from tests.bench.rivals.rows import CONNECTION, ENROL, MANY, ONE, PAY, new_id, shaped

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

Status = Literal["enrolled", "completed", "early_employed", "not_completed", "withdrawn"]
pool = AsyncConnectionPool(
    CONNECTION, min_size=4, max_size=4, open=False,
    kwargs={"autocommit": True, "row_factory": dict_row},
)  # fmt: skip


@asynccontextmanager
async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
    await pool.open()
    yield
    await pool.close()


app = FastAPI(lifespan=lifespan)


class Trainee(BaseModel):
    id: UUID


class Outcome(BaseModel):
    employed_on: date | None
    employer_district_code: str | None


class Enrolment(BaseModel):
    id: UUID
    organisation: str
    external_id: str | None
    programme_code: str
    trainee: Trainee
    enrolled_on: date
    status: Status
    status_on: date
    outcome: Outcome
    void: bool
    void_reason: str | None
    version: int


class Page(BaseModel):
    items: list[Enrolment]


class TraineeSaid(BaseModel):
    name: str = Field(max_length=100)
    birth_date: date
    mobile: str | None = Field(default=None, pattern=r"^010\d{8}$")


class EnrolmentCreate(BaseModel):
    programme_code: str = Field(max_length=64)
    enrolled_on: date
    status: Status = "enrolled"
    status_on: date
    trainee: TraineeSaid


class TransactionCreate(BaseModel):
    kind: Literal["contract", "cancellation", "disbursement", "refund"]
    effective_on: date
    amount_krw: int = Field(gt=0, le=10**15)


class Made(BaseModel):
    id: UUID


async def fetched(statement: str, values: Any) -> list[Any]:
    async with pool.connection() as connection:
        return await (await connection.execute(statement, values)).fetchall()


async def inserted(statement: str, values: dict[str, Any]) -> Made:
    async with pool.connection() as connection:
        await connection.execute(statement, values)
    return Made(id=values["id"])


@app.get("/enrolments/{number}")
async def one(number: UUID) -> Enrolment:
    rows = await fetched(ONE, (number,))
    if not rows:
        raise HTTPException(404)
    return Enrolment.model_validate(shaped(rows[0]))


@app.get("/enrolments")
async def many(limit: int) -> Page:
    rows = await fetched(MANY, (limit,))
    return Page(items=[Enrolment.model_validate(shaped(row)) for row in rows])


@app.post("/enrolments", status_code=201)
async def enrol(sent: EnrolmentCreate) -> Made:
    return await inserted(ENROL, sent.model_dump() | {"id": new_id(), "trainee_id": new_id()})


@app.post("/investments/{number}/transactions", status_code=201)
async def pay(number: UUID, sent: TransactionCreate) -> Made:
    return await inserted(PAY, sent.model_dump() | {"id": new_id(), "investment_id": number})
