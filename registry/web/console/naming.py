"""Words for what programs call by codes: a key's scopes, and what the logs say was done."""

from __future__ import annotations

from registry.web.console.words import words_of
from registry.web.words import _


def scope_text(scope: str) -> str:
    """What a key with the scope may do."""
    return {
        "trainees:read": _("교육 기록과 사람 읽기"),
        "trainees:write": _("교육 기록 등록과 정정"),
        "investments:read": _("창업기업과 투자 읽기"),
        "investments:write": _("창업기업과 투자 등록과 정정"),
        "imports:write": _("파일 보내기"),
        "statistics:exact": _("정확한 수치 보기"),
        "keys:manage": _("키와 계정 관리"),
        "audit:read": _("변경 기록과 열람 기록 읽기"),
        "goals:write": _("목표와 관측값 관리"),
        "releases:write": _("발표하기"),
        "records:all": _("모든 기관의 기록 보기"),
        "admin": _("시의 판정과 관리"),
    }.get(scope, scope)


def deed_text(code: str) -> str:
    """What `noun.verb` of a log says was done; a half that has no words is told as it is."""
    noun, _dot, verb = code.partition(".")
    nouns, verbs = _nouns(), _verbs()
    return f"{nouns.get(noun, noun)} · {verbs.get(verb) or words_of(verb)}"


def _nouns() -> dict[str, str]:
    return {
        "account": _("계정"), "code": _("코드"), "codes": _("코드"), "enrolment": _("수강"),
        "enrolments": _("수강"), "export": _("기록 내보내기"), "goal": _("목표"),
        "import": _("파일"), "installation": _("설치"), "investment": _("투자"),
        "key": _("API 키"), "observation": _("관측값"), "organisation": _("기관"),
        "programme": _("과정"), "publication": _("월별 공개"), "release": _("발표"),
        "startup": _("창업기업"), "trainee": _("사람"), "transaction": _("거래"),
        "trainee-duplicate": _("같은 사람일 수 있는 쌍"),
        "trainee-duplicates": _("같은 사람일 수 있는 쌍"), "trainee-link": _("합친 기록"),
        "trainee-links": _("합친 기록"), "zones": _("권역"),
    }  # fmt: skip


def _verbs() -> dict[str, str]:
    return {
        "add": _("더함"), "add-scheme": _("체계를 더함"), "annotated": _("표시한 파일을 받음"),
        "change": _("바꿈"), "change-role": _("역할을 바꿈"), "correct": _("바로잡음"),
        "create": _("만듦"), "disable": _("닫음"), "dismiss": _("다르다고 판정함"),
        "dismiss-duplicate": _("다른 돈이라고 판정함"), "enable": _("다시 엶"),
        "enrol": _("등록함"), "enter": _("등록함"), "export": _("내보냄"),
        "identify": _("번호를 더함"), "import": _("파일로 보냄"), "invite": _("초대함"),
        "list": _("목록을 읽음"), "load": _("불러옴"), "log": _("기록함"), "merge": _("합침"),
        "merge-duplicate": _("같은 돈으로 합침"),
        "publish": _("공개함"), "read": _("읽음"), "register": _("등록함"),
        "reopen": _("판정을 되돌림"), "reopen-duplicate": _("판정을 되돌림"),
        "reset": _("재설정함"), "restore": _("되살림"), "reverse": _("되돌림"),
        "revoke": _("폐기함"), "rotate": _("교체함"), "search": _("찾음"),
        "set-factor": _("두 번째 확인을 정함"), "set-password": _("비밀번호를 정함"),
        "set_target": _("한 해의 목표를 정함"), "settle-cohort": _("반을 한꺼번에 처리함"),
        "undo": _("되돌림"), "void": _("무효로 함"),
    }  # fmt: skip
