"""Replies (答复): templates in versions, the resident's view before it is sent, drafts that stay until it is."""

import json
import re

import pytest

from jiedao.kit.refusal import Refused
from jiedao.lines.replies import drafts, templates
from jiedao.lines.replies.models import Draft, ReplyTemplate
from jiedao.stages import resolution
from tests.desks import PHONE, Colleague, order_of, sent, words
from tests.residents import Resident, acting, sent_to_urban

pytestmark = pytest.mark.usefixtures("in_gulou")


def taken_up(**told):
    """Signed and spoken about: the reply is next."""
    case = sent("drainage", **told)
    order, by = order_of(case), acting("drainage")
    resolution.acknowledge(order, by=by)
    resolution.contact(order, by=by, way="platform" if case.shielded else "phone", text="下午到场")
    return case, order


def test_a_template_of_the_item_comes_first_and_is_filled_from_the_case():
    case, order = taken_up()
    page = Colleague("drainage").get(f"/case/{case.number}/do/reply/?order={order.id}")

    chosen = re.findall(r'<option value="([a-z-]+)">', page.content.decode())
    assert chosen[:2] == ["sewers", "done"]
    assert "complaint" not in chosen
    told = json.loads(re.search(r'(?s)<script id="reply-templates"[^>]*>(.*?)</script>', page.content.decode())[1])
    assert f"编号 {case.number}" in told[0]["says"]["text"]
    assert "{" not in "".join(told[0]["says"].values())


def test_without_scripts_a_template_fills_what_is_empty_and_leaves_what_was_typed():
    case, order = taken_up()
    told = {"order": str(order.id), "find": "template", "template": "sewers", "did": "自己写的"}
    page = Colleague("drainage").do(case.number, "reply", **told).content.decode()

    assert re.search(r'<textarea name="did"[^>]*>\s*自己写的</textarea>', page)
    assert re.search(r'<textarea name="text"[^>]*>\s*您好，您反映的', page)
    assert not case.entries.filter(verb="reply").exists()


def test_the_preview_says_what_the_resident_then_reads():
    client = Resident()
    number, code = client.reported(phone=PHONE)
    order, by = sent_to_urban(number), acting("urban")
    resolution.acknowledge(order, by=by)
    resolution.contact(order, by=by, way="phone", text="今晚到")
    typed = {"order": str(order.id), "outcome": "done", "text": "管道已疏通，请致电 13912345678 核对", "did": "疏通"}
    colleague = Colleague("urban")
    before = words(colleague.post(f"/case/{number}/preview/reply/", typed))
    colleague.do(number, "reply", spoke_with="张先生", **typed)
    client.follow(number, code)
    after = words(client.get("/follow/"))

    said = "管道已疏通，请致电 [手机号] 核对"
    assert said in before and said in after
    assert "张先生" not in before and "张先生" not in after


def test_a_draft_comes_back_and_goes_when_the_form_is_sent():
    case, order = taken_up()
    colleague = Colleague("drainage")
    name = f"{case.number}:reply:{order.id}"
    kept = colleague.post("/drafts/", {"draft": name, "text": "管道正在", "outcome": "done", "place": "text:4"})
    page = colleague.get(f"/case/{case.number}/do/reply/?order={order.id}").content.decode()

    assert kept.json()["said"].startswith("已存草稿 ")
    assert re.search(r'<textarea name="text"[^>]*>\s*管道正在</textarea>', page)
    assert 'data-jd-place="text:4"' in page
    colleague.do(case.number, "reply", order=str(order.id), outcome="done", text="管道已疏通")
    assert not Draft.objects.exists()


def test_a_draft_is_nobody_elses():
    case, order = taken_up()
    drafts.save(acting("drainage"), f"{case.number}:reply:{order.id}", {"text": "只有我看得到"})

    page = Colleague("dispatcher").get(f"/case/{case.number}/do/note/").content.decode()
    assert "只有我看得到" not in page
    assert drafts.kept(acting("dispatcher"), f"{case.number}:reply:{order.id}") is None


def test_a_case_out_of_sight_keeps_no_draft():
    case = sent("drainage", kind="complaint")
    answer = Colleague("market").post("/drafts/", {"draft": f"{case.number}:reply:", "text": "x"})

    assert answer.status_code == 404
    assert not Draft.objects.exists()


def test_a_change_of_a_template_is_a_new_version_and_the_old_stays():
    by = acting("dispatcher")
    templates.keep(by=by, code="sewers", name="疏通", item_code="sewers", text="第一版 {number}")
    templates.keep(by=by, code="sewers", name="疏通", item_code="sewers", text="第二版 {number}")

    assert templates.named("sewers").says == {"text": "第二版 {number}"}
    rows = ReplyTemplate.objects.order_by("version").values_list("version", "says__text")
    assert list(rows) == [(1, "第一版 {number}"), (2, "第二版 {number}")]


def test_who_keeps_no_templates_changes_none():
    with pytest.raises(Refused, match="not_keeper"):
        templates.keep(by=acting("drainage"), code="sewers", name="疏通", text="x")
    assert Colleague("drainage").get("/replies/sewers/").status_code == 404


def test_a_placeholder_nobody_can_fill_is_refused():
    with pytest.raises(Refused, match="unknown_placeholder"):
        templates.keep(by=acting("dispatcher"), code="own", name="x", text="您好 {phone}")


def test_a_template_taken_out_of_use_is_offered_no_more():
    colleague = Colleague("dispatcher")
    assert "下水道堵塞已疏通" in words(colleague.get("/replies/"))
    colleague.post("/replies/sewers/drop/")
    assert "下水道堵塞已疏通" not in words(colleague.get("/replies/"))
    assert "sewers" not in [one.code for one in templates.of("sewers", "help")]
