"""The whistle console (吹哨台, S07): four clocks a department on a moved clock across a holiday, and how one presses on."""

import re
from datetime import datetime
from html import unescape

import pytest

from jiedao.kit import clock
from jiedao.kit.clock import SHANGHAI
from jiedao.record.models import Case
from tests.desks import Colleague, order_of, reported, rows, unit, words

pytestmark = pytest.mark.usefixtures("in_gulou")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


def drafted(title: str = "消防通道") -> str:
    """The number of a work-progress whistle that waits for its signature."""
    clerk = Colleague("clerk")
    told = {"process": "whistle_progress", "title": title, "words": "街道无权拆除"}
    number = clerk.post("/whistles/new/", told).headers["Location"].split("/")[2]
    plan = {"lead": unit("fire").id, "helpers": [unit("housing").id], "aim": "会商", "meeting": "周四九点"}
    clerk.do(number, "review", **plan)
    return str(number)


def blown() -> str:
    """The number of a work-progress whistle blown on the last morning before the holiday of October."""
    with clock.moved(at("2026-09-30 10:00")):
        number = drafted()
        Colleague("secretary").do(number, "blow")
    return number


def faces(moment: str) -> list[str]:
    """The clocks of the lead's row at a moment: signed, in touch, arrived, answered."""
    with clock.moved(at(moment)):
        page = Colleague("clerk").get("/whistles/").content.decode()
    row = next(row for row in re.findall(r"(?s)<tr.*?</tr>", page) if unit("fire").name in row)
    cells = [re.search(r'data-face="([a-z]+)"', cell) for cell in re.findall(r"(?s)<td>(.*?)</td>", row)]
    return [face[1] if face else "" for face in cells]


def test_the_clocks_of_a_department_turn_amber_and_red_across_a_holiday():
    blown()

    assert faces("2026-09-30 10:30")[:3] == ["running", "running", "running"]
    assert faces("2026-09-30 10:50")[0] == "soon"
    assert faces("2026-09-30 11:01")[0] == "overdue"
    assert faces("2026-10-01 08:00")[1] == "soon"
    assert faces("2026-10-01 10:01")[:3] == ["overdue", "overdue", "running"]
    assert faces("2026-10-07 18:00")[2] == "running"
    assert faces("2026-10-13 18:00")[2] == "overdue"


def test_the_console_says_which_days_do_not_count_and_what_the_quarter_brought():
    number = blown()

    with clock.moved(at("2026-09-30 10:30")):
        told = words(Colleague("clerk").get("/whistles/"))

    assert number in told
    assert "不计入时限： 10月1日、10月2日" in told.replace("、 ", "、")
    assert "本季吹哨 1，报到 0 次" in told
    assert "催办之前先打值班电话" in told and unit("fire").duty_phone in told


def test_one_department_is_reminded_alone_and_the_whistle_goes_to_the_district_with_its_record():
    number, dispatcher = blown(), Colleague("dispatcher")
    case = Case.objects.get(number=number)
    order = order_of(case, "fire")

    with clock.moved(at("2026-10-09 10:00")):
        page = dispatcher.get("/whistles/").content.decode()
        assert f'name="order" value="{order.id}"' in page
        dispatcher.do(number, "remind", order=order.id)
        told = dispatcher.do(number, "escalate", reason="消防未到场")

    assert told.status_code == 303
    case.refresh_from_db()
    assert "escalated" in case.marks
    assert list(case.entries.filter(verb="remind").values_list("order_id", flat=True)) == [order.id]


def test_the_whistle_rate_is_a_band_with_both_ends_and_opens_to_its_rows():
    for month, whistles, matters in (("08", 0, 6), ("09", 2, 8), ("10", 1, 4), ("11", 1, 8)):
        with clock.moved(at(f"2026-{month}-12 10:00")):
            for n in range(matters):
                reported(text=f"{month} 月第 {n} 件")
            for n in range(whistles):
                Colleague("secretary").do(drafted(f"{month} 月第 {n} 哨"), "blow")

    with clock.moved(at("2026-11-20 10:00")):
        clerk = Colleague("clerk")
        page = clerk.get("/whistles/rates/")
        links = re.findall(r'href="(/whistles/rates/\?area=[^"]+of=whistles)#rows"', unescape(page.content.decode()))
        opened = clerk.get(links[0])
        nowhere = clerk.get("/whistles/rates/?area=x&month=2026-09&of=whistles")

    told = words(page)
    assert "本月截至现在：每百件事项吹哨 12.5 次" in told
    assert re.search(r"0\.0 2026-08 .*25\.0 2026-09 12\.5", told)  # four matters of October make no rate
    assert len(rows(opened)) == 2 and "09 月第 1 哨" in words(opened)
    assert nowhere.status_code == 404
