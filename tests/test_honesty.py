"""Honesty watch (办结真实性提示): each kind names the planted case and leaves the innocent one beside it alone."""

from datetime import timedelta

import pytest

from jiedao.kit.clock import now
from jiedao.kit.ids import new_id
from jiedao.lines.scores import honesty
from jiedao.record.models import Attachment, Case, DispatchOrder, Rating
from jiedao.stages import dispatch, resolution
from tests.callbacks import called_back
from tests.desks import Colleague, answered, order_of, sent, unit, words
from tests.residents import acting
from tests.test_scores_proof import self_made

pytestmark = pytest.mark.usefixtures("in_gulou")


def told(kind: str) -> list[str]:
    """The numbers that stand under a kind this week."""
    found = honesty.week(acting("dispatcher"), now() - timedelta(days=2), now() + timedelta(days=1))
    return [hint.number for hint in found if hint.kind == kind]


def photo(case: Case, sha: bytes, lon: float | None = None, lat: float | None = None) -> None:
    """A photo on the unit's answer."""
    entry = case.entries.filter(verb="reply").last() or case.entries.last()
    Attachment.objects.create(
        id=new_id(), entry=entry, case=case, kind="photo", mime="image/jpeg", path=f"x/{new_id()}", size=1, sha256=sha * 32,
        name="a.jpg", lon=lon, lat=lat, made_at=now(),
    )  # fmt: skip


def returned(times: int) -> Case:
    """Sent, returned, sent to the next one."""
    case = sent("drainage")
    for code in ("drainage", "water", "urban")[:times]:
        if not DispatchOrder.objects.filter(case=case, unit__code=code, returned_at=None).exists():
            dispatch.dispatch(case.id, by=acting("dispatcher"), lead=unit(code))
        order = order_of(case, code)
        resolution.return_(order, by=acting(code), reason="不属于本单位职责", article="职责清单无此事项")
    return case


def test_answered_without_a_word_to_the_caller():
    innocent, planted = answered(sent("drainage")), answered(sent("drainage"))
    DispatchOrder.objects.filter(case=planted).update(contacted_at=None)

    assert told("no_contact") == [planted.number]
    assert innocent.number not in told("no_contact")


def test_the_same_photo_in_two_cases_but_not_twice_in_one():
    first, second, innocent = (answered(sent("drainage")) for _ in range(3))
    photo(first, b"a"), photo(second, b"a")
    photo(innocent, b"b"), photo(innocent, b"b")

    assert told("same_photo") == sorted([first.number, second.number])


def test_an_answer_photographed_far_from_the_place():
    there, elsewhere, unplaced = (answered(sent("drainage")) for _ in range(3))
    for case, off in ((there, 0.001), (elsewhere, 0.02)):
        row = Case.objects.get(pk=case.pk)
        photo(case, b"c", lon=row.lon + off, lat=row.lat)
    photo(unplaced, b"d")

    assert told("elsewhere") == [elsewhere.number]


def test_satisfied_although_nobody_was_reached():
    called_back(), called_back(reached=False)
    planted = called_back(reached=False)
    row = Rating.objects.get(case=planted)
    Rating.objects.bulk_create([
        Rating(id=new_id(), case=planted, order=row.order, unit_id=row.unit_id, entry=row.entry, by="callback",
               reached=False, satisfied="satisfied", at=now())
    ])  # fmt: skip

    assert told("no_call") == [planted.number]


def test_reported_and_handled_by_one_unit():
    called_back()
    planted = self_made()

    assert told("own_report") == [planted.number]


def test_returned_twice_and_not_once():
    returned(1)
    planted = returned(2)

    assert told("again") == [planted.number]
    page = words(Colleague("dispatcher").get("/board/honesty/"))
    assert planted.number in page and "不计分，也不认定任何人" in page


def test_who_does_not_see_a_case_sees_no_hint_of_it():
    planted = self_made()

    found = honesty.week(acting("water"), now() - timedelta(days=2), now() + timedelta(days=1))

    assert planted.number not in [hint.number for hint in found]
