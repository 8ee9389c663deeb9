"""Pages of the process designer (流程设计页面): the table is the editor, for who keeps processes and nobody else."""

from typing import Any
from uuid import UUID

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from jiedao.ground.terms.models import Term
from jiedao.lines.processes.models import ProcessDraft
from jiedao.record.models import ProcessVersion
from tests.cast import dispatched
from tests.desks import Colleague, words


@pytest.fixture(autouse=True)
def _keepers(in_gulou: Any) -> None:
    facts = {"posts": ["system_admin", "district_leader"], "within": "district"}
    Term.objects.update_or_create(
        table="competence", code="processes", defaults={"name": "流程", "name_en": "Processes", "facts": facts}
    )


def begun(who: Colleague) -> ProcessDraft:
    answer = who.post("/processes/event/begin/")
    assert answer.status_code == 303
    return ProcessDraft.objects.get(pk=UUID(answer.headers["Location"].rstrip("/").rpartition("/")[2]))


def state(**changed: Any) -> dict[str, Any]:
    """The form of the state `filed`, filled in as it stands."""
    return {
        "label_zh": "已立案", "label_en": "Filed", "phase": "triage", "limit_amount": "2", "limit_unit": "working_hours",
        "limit_source": "local default", "resident_zh": "正在安排。", "resident_en": "Being arranged.", "seen": "0",
    } | changed  # fmt: skip


def test_everybody_reads_processes_and_only_keepers_change_them():
    handler, admin = Colleague("urban"), Colleague("admin")

    assert "事件" in words(handler.get("/processes/"))
    assert "以此起草" not in words(handler.get("/processes/event/"))
    assert handler.post("/processes/event/begin/").status_code == 403
    assert "以此起草" in words(admin.get("/processes/event/"))


def test_a_line_is_changed_by_its_form_and_told_as_a_difference():
    admin = Colleague("admin")
    draft = begun(admin)
    address = f"/processes/draft/{draft.id}/"

    answer = admin.post(f"{address}?edit=states:filed", state(limit_amount="3"))

    assert answer.status_code == 303
    told = words(admin.get(address))
    assert "2 个工作小时" in told
    assert "3 个工作小时" in told
    assert "与现行版本有" in told


def test_a_limit_that_cannot_be_read_is_a_problem_of_the_draft():
    admin = Colleague("admin")
    draft = begun(admin)

    admin.post(f"/processes/draft/{draft.id}/?edit=states:filed", state(limit_amount="999999"))

    assert "unreadable limit" in words(admin.get(f"/processes/draft/{draft.id}/"))


def test_the_same_form_twice_changes_the_draft_once():
    admin = Colleague("admin")
    draft = begun(admin)
    given = state(limit_amount="3", key="0192f0a0-0000-7000-8000-000000000001")

    for _ in range(2):
        assert admin.post(f"/processes/draft/{draft.id}/?edit=states:filed", given).status_code == 303

    draft.refresh_from_db()
    assert draft.seq == 1


@pytest.mark.parametrize(
    ("edit", "given", "status"),
    [
        ("states:filed", {"phase": "nowhere"}, 422),
        ("states:", {"code": "Bad Code"}, 422),
        ("states:", {"code": "reported"}, 422),
        ("moves:9999", {}, 422),
        ("nothing:x", {}, 200),
        ("states:filed", {"seen": "7"}, 409),
    ],
)
def test_a_bad_line_is_refused_and_what_was_typed_stays(edit, given, status):
    admin = Colleague("admin")
    draft = begun(admin)

    answer = admin.post(f"/processes/draft/{draft.id}/?edit={edit}", state(**given))

    draft.refresh_from_db()
    assert draft.seq == 0 or status == 422
    assert answer.status_code == status
    if edit == "states:filed":
        assert "正在安排。" in answer.content.decode()


def test_asked_tried_and_published_by_two():
    admin, leader = Colleague("admin"), Colleague("leader")
    case = dispatched("lighting")
    draft = begun(admin)
    address = f"/processes/draft/{draft.id}/"
    admin.post(f"{address}?edit=states:filed", state(limit_amount="3"))

    tried = words(admin.get(f"{address}trial/"))
    admin.post(f"{address}ask/", {"effective_on": "2099-01-01", "reason": "x", "seen": "0"})
    asked = admin.post(f"{address}ask/", {"effective_on": str(case.opened_at.date()), "reason": "试行", "seen": "1"})
    own = admin.post(f"{address}publish/", {"seen": "1"})
    other = leader.post(f"{address}publish/", {"seen": "1"})

    assert "重走了 1 件" in tried
    assert asked.status_code == 303
    assert own.status_code == 403
    assert "另一位流程管理人员" in words(own)
    assert other.status_code == 303
    assert ProcessVersion.objects.get(code="event", retired_at=None).version == 2
    assert "v2" in words(leader.get("/processes/event/"))


def test_a_file_of_another_district_is_refused_in_words():
    admin = Colleague("admin")
    written = admin.get("/processes/event/?as=yaml").content.decode().replace("'320106'", "'420103'")

    answer = admin.post("/processes/bring/", {"file": SimpleUploadedFile("event.yaml", written.encode())})

    assert answer.status_code == 422
    assert "用本区导出的文件" in words(answer)
    assert not ProcessDraft.objects.exists()


@pytest.mark.parametrize(
    "path", ["/processes/", "/processes/event/", "/processes/whistle_hard/", "/processes/call/?version=1"]
)
def test_every_page_opens_in_english_too(path):
    assert Colleague("admin", lang="en").get(path).status_code == 200


def test_the_editor_opens_every_part_and_asks_the_same_number_of_queries(django_assert_max_num_queries):
    admin = Colleague("admin")
    draft = begun(admin)

    for edit in (
        "frame:",
        "states:filed",
        "states:",
        "moves:3",
        "moves:",
        "steps:answered",
        "steps:",
        "roles:dispatcher",
        "reasons:",
    ):
        with django_assert_max_num_queries(30):
            answer = admin.get(f"/processes/draft/{draft.id}/?edit={edit}")
        assert answer.status_code == 200
        assert "存入草案" in words(answer)
