"""Files in, through the API: judged, taken in, told apart, taken back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from registry.imports.worker import Worker
from tests.client import expect
from tests.test_programmes import AI1

if TYPE_CHECKING:
    from tests.client import Client, World

HEADER = "수강번호,과정코드,성명,생년월일,휴대전화,등록일,상태,상태일"


def line(number: int, *, status: str = "수료", on: str = "2030-10-30", **other: str) -> str:
    """A row about somebody made up."""
    name = other.get("name", f"홍길{chr(0xAC00 + number)}")
    mobile = other.get("mobile", f"010-2000-{number:04}")
    born = other.get("born", "1999-03-02")
    return f"E-{number},AI1,{name},{born},{mobile},2030-03-02,{status},{on}"


def text(*lines: str) -> str:
    return "\r\n".join((HEADER, *lines)) + "\r\n"


def send(client: Client, body: str | bytes, **query: Any) -> dict[str, Any]:
    """Send a file in and expect that it is taken."""
    asked = {"dataset": "enrolments", "mode": "commit"} | query
    headers = {
        "Content-Type": asked.pop("content_type", "text/csv"),
        "Content-Disposition": "attachment; filename*=UTF-8''%EC%88%98%EA%B0%95.csv",
        **asked.pop("headers", {}),
    }
    data = body.encode() if isinstance(body, str) else body
    answer = client.call("POST", "/imports", data=data, query=asked, headers=headers)
    sent: dict[str, Any] = expect(answer, 200, 202)
    return sent


def worked(world: World) -> None:
    """Let a worker empty the queue."""
    Worker(world.parts).drain()


def taken(world: World, body: str | bytes, **query: Any) -> dict[str, Any]:
    """Send a file in as PNU, let it be worked through, and read what it came to."""
    sent = send(world.pnu, body, **query)
    worked(world)
    read: dict[str, Any] = world.pnu.get(f"/imports/{sent['id']}")
    return read


def counted(read: dict[str, Any]) -> tuple[int, ...]:
    names = ("total", "created", "updated", "unchanged", "rejected", "restored")
    return tuple(read["rows"][name] for name in names)


def trainees(world: World) -> int:
    found = world.busan.get("/statistics/trainees", measure="trainees", by="year")
    return int(found["total"])


def test_a_file_goes_in_exactly_once_and_can_be_taken_back(world: World):
    world.pnu.post("/programmes", AI1)
    body = text(*(line(n) for n in range(30)))
    sent = send(world.pnu, body)
    assert (sent["state"], sent["file_name"]) == ("received", "수강.csv")
    assert world.pnu.get("/enrolments")["items"] == [], "nothing before a worker came"
    worked(world)
    read = world.pnu.get(f"/imports/{sent['id']}")
    assert (read["state"], counted(read)) == ("committed", (30, 30, 0, 0, 0, 0)), read
    assert read["first_revision"] == read["last_revision"]
    assert trainees(world) == 30
    again = taken(world, body)
    assert (again["state"], counted(again)) == ("committed", (30, 0, 0, 30, 0, 0))
    assert (again["same_file_as"], again["first_revision"]) == (sent["id"], None)
    undone = world.pnu.post(f"/imports/{sent['id']}/undo")
    assert undone["state"] == "undone"
    assert trainees(world) == 0
    assert counted(taken(world, body))[:2] == (30, 30), "their numbers are free again"
