"""How a deadline and a moment are written: five faces, two languages, Shanghai's day."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from django.utils import translation

from jiedao.doors.web import clocks
from jiedao.doors.web.templatetags import jiedao_ui
from jiedao.kit import clock

NOON = datetime(2024, 6, 3, 4, 0, tzinfo=UTC)  # 12:00 in Shanghai


@pytest.fixture(autouse=True)
def _noon_in_chinese():
    with clock.moved(NOON), translation.override("zh-hans"):
        yield


def deadline(hours: float, **more):
    facts = {
        "due": NOON + timedelta(hours=hours),
        "stopped_at": None,
        "paused_since": None,
        "limit": "",
        "soon_from": None,
    }
    return SimpleNamespace(**facts | more)


def read(thing):
    face = clocks.face_of(thing)
    return face.name, face.left, face.until


def test_running_says_what_is_left_and_until_when():
    assert read(deadline(4.5)) == ("running", "剩 4 时 30 分", "今天 16:30")


def test_soon_from_the_moment_the_limit_names():
    assert read(deadline(1, soon_from=NOON)) == ("soon", "剩 1 时", "今天 13:00")


def test_soon_is_the_last_quarter_where_nothing_is_named():
    assert read(deadline(1, started_at=NOON - timedelta(hours=3)))[0] == "soon"
    assert read(deadline(1, started_at=NOON - timedelta(hours=2)))[0] == "running"


def test_overdue_counts_up():
    assert read(deadline(-26.2)) == ("overdue", "超时 1 天 2 时", "昨天 09:48")


def test_paused_says_since_when():
    assert read(deadline(4, paused_since=NOON - timedelta(hours=1)))[:2] == ("paused", "今天 11:00 起暂停")


@pytest.mark.parametrize(("hours", "words"), [(-1, "按时"), (1.5, "晚 1 时 30 分")])
def test_stopped_says_whether_it_was_kept(hours, words):
    done = deadline(0, stopped_at=NOON + timedelta(hours=hours))

    assert read(done)[:2] == ("stopped", words)


def test_without_a_limit_there_is_no_face():
    assert clocks.face_of(None) is None
    assert clocks.face_of(SimpleNamespace(due=None)) is None


def test_english_is_its_own_plain_sentence():
    with translation.override("en"):
        assert read(deadline(28)) == ("running", "1 d 4 h left", "tomorrow 16:00")


@pytest.mark.parametrize(
    ("at", "chinese", "english"),
    [
        (datetime(2024, 6, 5, 9, 0, tzinfo=UTC), "6月5日 17:00", "5 Jun 17:00"),
        (datetime(2024, 6, 3, 16, 30, tzinfo=UTC), "明天 00:30", "tomorrow 00:30"),
        (datetime(2023, 12, 31, 15, 0, tzinfo=UTC), "2023年12月31日 23:00", "31 Dec 2023 23:00"),
    ],
)
def test_moments_are_shanghais(at, chinese, english):
    assert clocks.moment(at) == chinese
    with translation.override("en"):
        assert clocks.moment(at) == english


def test_a_label_is_picked_in_the_language_of_the_page():
    label = {"zh": "派遣", "en": "Dispatch"}

    assert jiedao_ui.pick(label) == "派遣"
    with translation.override("en"):
        assert jiedao_ui.pick(label) == "Dispatch"


def test_a_unit_without_an_english_name_keeps_its_own():
    unit = SimpleNamespace(name="区城管局", name_en="")

    with translation.override("en"):
        assert jiedao_ui.named(unit) == "区城管局"


def test_a_limit_reads_in_the_unit_it_counts_in():
    assert jiedao_ui.limit_label("2 working_days") == "2 个工作日"
    assert jiedao_ui.limit_label("whatever the caller agreed") == "whatever the caller agreed"
