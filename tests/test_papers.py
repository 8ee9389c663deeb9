"""Papers (文书): set from data with our own fonts, kept with their hash, copied as copies, and silent about who complained."""

import hashlib
import io
import re

import pytest
from pypdf import PdfReader

from jiedao.doors.paper import press
from jiedao.ground.journal.models import Look
from jiedao.kit.ids import new_id
from jiedao.kit.refusal import Refused
from jiedao.lines.papers.models import Paper
from tests.desks import PHONE, Colleague, answered, sent
from tests.residents import Resident

pytestmark = pytest.mark.usefixtures("in_gulou")

CANARIES = (PHONE, "张三丰", "金丝雀")


def printed(answer) -> PdfReader:
    assert answer.headers["Content-Type"] == "application/pdf", answer.content[:300]
    return PdfReader(io.BytesIO(answer.content))


def said(pdf: PdfReader) -> str:
    return re.sub(r"\s+", "", "".join(page.extract_text() for page in pdf.pages))


def made(colleague: Colleague, number: str, layout: str, **told):
    answer = colleague.post(f"/case/{number}/paper/{layout}/", told)
    assert answer.status_code == 303, answer.content[:400]
    return colleague.get(answer.headers["Location"])


def test_a_case_file_tells_the_whole_story_with_its_pages_numbered_and_is_kept_by_its_hash():
    case = answered(sent("drainage"))
    answer = made(Colleague("dispatcher"), case.number, "a4")
    text = said(printed(answer))

    assert [word for word in (case.number, "管道已疏通", "鼓楼区", "派遣员", "按时") if word not in text] == []
    assert re.search(r"1/[12]", text)
    kept = Paper.objects.get()
    assert hashlib.sha256(answer.content).digest() == bytes(kept.sha256) == hashlib.sha256(bytes(kept.content)).digest()
    assert Look.objects.filter(what="paper", object_id=case.id).count() == 1


def test_what_somebody_wrote_is_never_read_as_markup():
    case = sent("drainage", text='路面 #panic("x") *粗* $a$ #read("press.py") @nobody')
    text = said(printed(made(Colleague("dispatcher"), case.number, "a4")))

    assert '#panic("x")*粗*$a$#read("press.py")@nobody' in text


def test_no_font_of_the_machine_is_used():
    case = sent("drainage")
    reader = printed(made(Colleague("dispatcher"), case.number, "a4"))
    fonts = {
        str(font.get_object()["/BaseFont"]) for page in reader.pages for font in page["/Resources"]["/Font"].values()
    }

    assert {re.sub(r"^/[A-Z]+\+", "", name).split("-")[0] for name in fonts} == {"NotoSansSC"}


def test_a_receipt_handed_out_again_is_a_copy_and_names_its_original():
    case, clerk = sent("drainage"), Colleague("dispatcher")
    first, second = (said(printed(made(clerk, case.number, "a5"))) for _ in range(2))

    assert ("副本" in first, "副本" in second) == (False, True)
    original, copy = Paper.objects.order_by("made_at")
    assert copy.original_id == original.id
    assert case.number in first and "排水管理所" in first and "138" not in first.replace("138****", "")


def test_a_roll_is_eighty_millimetres_wide():
    case = sent("drainage")
    box = printed(made(Colleague("dispatcher"), case.number, "80mm", elder="1")).pages[0].mediabox

    assert round(float(box.width) / 72 * 25.4) == 80


def test_one_form_makes_both_sizes_and_large_print_each_once():
    case, clerk, key = sent("drainage"), Colleague("dispatcher"), str(new_id())
    plain, again, large, roll = (
        printed(made(clerk, case.number, layout, key=key, **told))
        for layout, told in (("a5", {}), ("a5", {}), ("a5", {"elder": "1"}), ("80mm", {"elder": "1"}))
    )

    assert Paper.objects.count() == 3 and said(plain) == said(again)
    tallest = [
        max(float(size) for size in re.findall(rb"/\w+ ([\d.]+) Tf", one.pages[0].get_contents().get_data()))
        for one in (plain, large)
    ]
    assert tallest[1] > tallest[0] * 1.3
    assert round(float(roll.pages[0].mediabox.width) / 72 * 25.4) == 80
    assert 'name="elder"' in clerk.get(f"/case/{case.number}/").content.decode()


def test_a_copy_says_what_the_original_said_and_not_what_is_so_now():
    case, clerk = sent("drainage"), Colleague("dispatcher")
    made(clerk, case.number, "a4")
    answered(case)
    answer = clerk.post(f"/paper/{Paper.objects.get().id}/again/")
    text = said(printed(clerk.get(answer.headers["Location"])))

    assert "副本" in text and "管道已疏通" not in text


def test_no_paper_of_a_complaint_tells_its_handler_who_complained():
    case = sent(
        "drainage", kind="complaint", text="商户噪声扰民，我叫张三丰，电话13812345678", name="张三丰金丝雀", phone=PHONE
    )
    for layout in ("a4", "a5", "80mm"):
        answer = made(Colleague("drainage"), case.number, layout)
        text = said(printed(answer))
        assert [word for word in CANARIES if word in text or word.encode() in answer.content] == []
        assert "138****" not in text and "张*" not in text


def test_another_units_paper_and_a_changed_one_are_not_found():
    case, clerk = sent("drainage"), Colleague("dispatcher")
    made(clerk, case.number, "a4")
    paper = Paper.objects.get()

    assert Colleague("drainage").get(f"/paper/{paper.id}/").status_code == 404
    Paper.objects.update(content=b"%PDF-other")
    assert clerk.get(f"/paper/{paper.id}/").status_code == 404


def test_the_code_leads_colleagues_to_the_case_and_tells_a_stranger_nothing():
    case, clerk = sent("drainage"), Colleague("dispatcher")
    made(clerk, case.number, "a5")
    address = f"/q/{Paper.objects.get().token}/"

    assert clerk.get(address).headers["Location"] == f"/case/{case.number}/"
    told = [Resident().get(path) for path in (address, "/q/nobody-printed-this/")]
    assert [(answer.status_code, answer.headers["Location"]) for answer in told] == [(302, "/follow/")] * 2


def test_a_resident_prints_the_receipt_of_the_own_request():
    client = Resident()
    number, code = client.reported()
    client.follow(number, code)
    text = said(printed(client.get("/follow/receipt/a5.pdf")))

    assert number in text and "回执" in text
    assert Resident().get("/follow/receipt/a5.pdf").headers["Location"] == "/follow/"


def test_a_paper_that_takes_too_long_is_stopped_and_says_so(monkeypatch):
    monkeypatch.setattr(press, "SECONDS", 0.001)
    case = sent("drainage")
    answer = Colleague("dispatcher").post(f"/case/{case.number}/paper/a4/")

    assert answer.status_code == 422
    assert not Paper.objects.exists()
    with pytest.raises(Refused, match="paper_not_set"):
        press.pdf("../file", {})
