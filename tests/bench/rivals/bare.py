"""The least a Flask route can do to select or insert the row, and one that answers a constant."""

from __future__ import annotations

import json
import os
from functools import cache
from pathlib import Path
from typing import Any

import psycopg
from flask import Flask, Response, request
from psycopg.rows import dict_row

from tests.bench.rivals.rows import CONNECTION, ENROL, MANY, ONE, PAY, new_id, plain, shaped

app = Flask("bare")
_answer = os.environ.get("BENCH_CONSTANT")
CONSTANT = Path(_answer).read_bytes() if _answer else b"{}"


@cache
def connection() -> psycopg.Connection[dict[str, Any]]:
    """This process's connection."""
    return psycopg.connect(CONNECTION, autocommit=True, row_factory=dict_row)


def answered(body: object, status: int = 200) -> Response:
    return Response(json.dumps(body, default=plain), status, mimetype="application/json")


@app.get("/constant")
def constant() -> Response:
    return Response(CONSTANT, mimetype="application/json")


@app.get("/enrolments/<uuid:number>")
def one(number: Any) -> Response:
    row = connection().execute(ONE, (number,)).fetchone()
    return answered(shaped(row or {}))


@app.get("/enrolments")
def many() -> Response:
    rows = connection().execute(MANY, (int(request.args["limit"]),)).fetchall()
    return answered({"items": [shaped(row) for row in rows]})


@app.post("/enrolments")
def enrol() -> Response:
    values = request.get_json() | {"id": new_id(), "trainee_id": new_id()}
    connection().execute(ENROL, values)
    return answered({"id": values["id"]}, 201)


@app.post("/investments/<uuid:number>/transactions")
def pay(number: Any) -> Response:
    values = request.get_json() | {"id": new_id(), "investment_id": number}
    connection().execute(PAY, values)
    return answered({"id": values["id"]}, 201)
