"""What the console calls things: states, acts, what was done, and the menu."""

from __future__ import annotations

from registry.web.words import _


def words_of(code: str) -> str:
    """A state, outcome, status, role or scope in the page's language; the code itself if it has no words."""
    return _words().get(code, code)


def _words() -> dict[str, str]:
    return {
        "received": _("받음"), "validating": _("검사 중"), "validated": _("확인을 기다림"),
        "committing": _("반영 중"), "committed": _("반영됨"), "committed_partly": _("일부 반영됨"),
        "rejected": _("거절됨"), "refused_rrn": _("주민등록번호가 있어 파기됨"),
        "cancelled": _("취소됨"), "failed": _("실패"), "undone": _("되돌림"),
        "created": _("새로 등록"), "updated": _("바뀜"), "unchanged": _("그대로"),
        "active": _("사용 중"), "expired": _("기한 지남"), "revoked": _("폐기됨"),
        "enrolled": _("수강 중"), "completed": _("수료"), "early_employed": _("조기 취업"),
        "not_completed": _("미수료"), "withdrawn": _("중도 포기"),
        "error": _("오류"), "warning": _("주의"), "open": _("미판정"), "merged": _("합쳐짐"),
        "dismissed": _("다른 사람"), "enrolments": _("수강"), "programmes": _("과정"),
        "startups": _("창업기업"), "investments": _("투자"), "transactions": _("거래"),
        "contract": _("약정"), "disbursement": _("집행"), "cancellation": _("약정 취소"),
        "refund": _("환불"), "new_shares": _("신주"), "secondary": _("구주"),
        "registrar": _("등록 담당"), "manager": _("관리자"), "officer": _("시 담당관"),
        "auditor": _("감사"), "identity": _("같은 사람으로 확인됨"), "decision": _("시의 판정"),
        "training_institution": _("교육기관"), "investment_agency": _("투자기관"),
        "districts": _("구·군 목록"), "fields": _("분야 목록"), "programme-kinds": _("과정 종류"),
        "instruments": _("투자 방식"), "rounds": _("라운드 목록"), "investor-kinds": _("투자자 종류"),
        "channels": _("재원"), "statuses": _("수강 상태"), "natural_person": _("자연인"),
        "shares_required": _("신주·구주를 밝혀야 함"),
        "city": _("시"), "committee": _("위원회"), "other": _("기타"),
    }  # fmt: skip


def source_text(source: str) -> str:
    """Where a goal comes from, in the page's language if it is one of those it began with."""
    return {
        "2022-01-04 announcement: 2000 or more every year": _(
            "2022년 1월 4일 발표: 해마다 2,000명 이상"
        ),
        "2022-01-04 announcement: 20000 over ten years (2021-2030); "
        "2021 is taken over as the opening count": _(
            "2022년 1월 4일 발표: 열 해(2021~2030년)에 20,000명. 2021년은 시작 값으로 이어받음"
        ),
        "2022-01-04 announcement: 1.5 trillion won by 2030": _(
            "2022년 1월 4일 발표: 2030년까지 1조 5천억 원"
        ),
        "2022-01-04 announcement; baseline year not stated": _(
            "2022년 1월 4일 발표. 기준 연도는 밝히지 않음"
        ),
        "2022-01-04 announcement": _("2022년 1월 4일 발표"),
    }.get(source, source)


def said_text(code: str) -> str:
    """What a page says was just done; nothing for what is no word of ours."""
    return {
        "signed-out": _("로그아웃했습니다."),
        "welcome": _("계정이 준비되었습니다. 이제 로그인하십시오."),
        "session-ended": _("그 세션을 끝냈습니다."),
        "factor-set": _("두 번째 확인을 설정했습니다."),
        "cancelled": _("가져오기를 취소하고 파일을 파기했습니다."),
        "undone": _("가져오기를 되돌렸습니다."),
        "corrected": _("바로잡았습니다."),
        "voided": _("무효로 했습니다. 어떤 수치에도 들지 않습니다."),
        "restored": _("되살렸습니다."),
        "cohort-settled": _("표시한 사람 모두를 처리했습니다."),
        "key-revoked": _("키를 폐기했습니다. 다음 요청부터 쓸 수 없습니다."),
        "account-changed": _("계정을 바꾸었습니다."),
        "merged": _("한 사람으로 합쳤습니다. 수치가 바뀌었습니다."),
        "money-merged": _("같은 돈으로 합쳤습니다. 하나만 셉니다."),
        "dismissed": _("서로 다르다고 판정했습니다."),
        "reopened": _("판정을 되돌렸습니다. 그 쌍은 다시 판정을 기다립니다."),
        "link-undone": _("합친 것을 되돌렸습니다."),
        "observation": _("관측값을 등록했습니다."),
        "target": _("목표를 바꾸었습니다."),
        "target-undone": _("그해의 목표를 거두었습니다."),
        "released": _("발표했습니다. 이 수치는 바뀌지 않습니다."),
        "registered": _("등록했습니다."),
        "logged": _("기록했습니다."),
        "known": _("이미 등록된 것과 같아 아무것도 바꾸지 않았습니다."),
        "reversed": _("반대 기록을 남겨 되돌렸습니다."),
    }.get(code, "")


def act_text(act: str) -> str:
    """What the button of an act says."""
    return {
        "merge_people": _("한 사람으로 합치기"),
        "dismiss_people": _("다른 사람으로 판정"),
        "undo_link": _("합친 것 되돌리기"),
        "dismiss_investments": _("다른 투자로 판정"),
        "merge_investments": _("같은 돈으로 합치기"),
        "part_investments": _("합친 투자 되돌리기"),
        "void_enrolment": _("수강 기록 무효로 하기"),
        "restore_enrolment": _("수강 기록 되살리기"),
        "settle_cohort": _("한꺼번에 처리하기"),
        "correct_programme": _("과정 바로잡기"),
        "undo_import": _("가져오기 되돌리기"),
        "revoke_key": _("키 폐기"),
        "disable_account": _("계정 닫기"),
        "reset_account": _("계정 재설정"),
        "log_transaction": _("거래 기록하기"),
        "log_investment": _("투자 등록"),
        "register_startup": _("창업기업 등록"),
        "correct_startup": _("창업기업 바로잡기"),
        "reverse_transaction": _("거래 되돌리기"),
        "void_investment": _("투자 무효로 하기"),
        "publish": _("발표하기"),
        "change_organisation": _("기관 바꾸기"),
        "change_code": _("코드 바꾸기"),
        "add_scheme": _("권역 체계 더하기"),
        "change_goal": _("목표 바꾸기"),
    }.get(act, act)


def act_detail(act: str) -> str:
    """What an act does, before it is done."""
    return {
        "merge_people": _(
            "두 기록을 한 사람으로 셉니다. 기록은 둘 다 남고, 언제든 되돌릴 수 있습니다."
        ),
        "dismiss_people": _(
            "두 기록을 서로 다른 사람으로 둡니다. 다시 묻지 않고, 되돌릴 수 있습니다."
        ),
        "undo_link": _("두 기록을 다시 따로 셉니다."),
        "dismiss_investments": _(
            "두 투자를 서로 다른 돈으로 둡니다. 다시 묻지 않고, 되돌릴 수 있습니다."
        ),
        "merge_investments": _(
            "한쪽만 남기고 다른 쪽을 무효로 해서 한 번만 셉니다. 판정을 되돌리면 다시 셉니다."
        ),
        "part_investments": _("빠졌던 투자를 다시 셉니다. 이 쌍은 다시 판정을 기다립니다."),
        "void_enrolment": _(
            "이 수강을 모든 수치에서 뺍니다. 기록과 이력은 남고, 되살릴 수 있습니다."
        ),
        "restore_enrolment": _("무효로 한 수강을 다시 셉니다."),
        "settle_cohort": _("표시한 사람 모두에게 같은 상태와 날짜를 적습니다."),
        "correct_programme": _("이 과정의 모든 수강이 바뀐 종류, 분야, 구·군으로 세어집니다."),
        "undo_import": _(
            "이 파일이 새로 만든 기록은 무효가 되고, 바꾼 기록은 그 전으로 돌아갑니다."
        ),
        "revoke_key": _("이 키를 쓰는 프로그램은 다음 요청부터 거절됩니다. 되돌릴 수 없습니다."),
        "disable_account": _(
            "이 사람은 바로 로그아웃되고 다시 로그인할 수 없습니다. 다시 열 수 있습니다."
        ),
        "reset_account": _(
            "지금 비밀번호와 두 번째 확인은 바로 쓸 수 없게 되고, 새 일회용 링크가 나옵니다."
        ),
        "log_transaction": _("이 거래를 기록하면 아래와 같이 달라집니다."),
        "reverse_transaction": _("같은 날짜에 반대 거래를 남깁니다. 처음 기록도 남습니다."),
        "void_investment": _("이 투자와 거래를 모든 수치에서 뺍니다. 되돌릴 수 없습니다."),
        "change_organisation": _(
            "이름은 그 날짜부터 바뀌고 전 이름도 남습니다. 끝나는 날이 지나면 다음 기관이 기록을 이어받습니다."
        ),
        "change_code": _("이 코드를 쓰는 모든 기록이 다시 세어집니다."),
        "add_scheme": _("한번 더한 권역 체계는 바꿀 수 없습니다. 어떤 수치도 달라지지 않습니다."),
        "publish": _("지금의 수치를 이 이름으로 굳혀 누구나 보게 합니다. 지울 수 없습니다."),
        "change_goal": _("목표가 바뀌면 진척과 판정이 달라집니다. 전에 알려진 값은 남습니다."),
    }.get(act, "")


DANGEROUS = frozenset((
    "void_enrolment", "undo_import", "revoke_key", "disable_account", "reset_account",
    "reverse_transaction", "void_investment", "change_code",
))  # fmt: skip


def menu() -> list[tuple[str, str, str]]:
    """The console's menu: page, words, and the act that somebody must be allowed."""
    return [
        ("home", _("할 일"), "own"),
        ("uploads", _("파일 올리기"), "files-send"),
        ("people", _("사람과 수강"), "people-see"),
        ("programmes", _("과정"), "people-correct"),
        ("own_people_figures", _("우리 교육 수치"), "people-correct"),
        ("startups", _("창업기업"), "money-see"),
        ("investments", _("투자"), "money-see"),
        ("own_money_figures", _("우리 투자 수치"), "money-register"),
        ("duplicates", _("중복"), "duplicates"),
        ("reporting", _("보고 현황"), "reporting"),
        ("goals", _("목표 관리"), "goals"),
        ("releases", _("발표"), "releases"),
        ("organisations", _("기관 관리"), "organisations"),
        ("code_lists", _("코드와 권역"), "codes"),
        ("keys", _("API 키"), "keys"),
        ("accounts", _("계정"), "accounts"),
        ("revisions", _("변경 기록"), "revisions"),
        ("readings", _("열람 기록"), "readings"),
        ("own", _("내 계정"), "own"),
    ]  # fmt: skip
