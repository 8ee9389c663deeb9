"""Sources of positions and devices (位置来源与设备): declared on the page, a key shown once, what was refused counted."""

import re

import pytest

from jiedao.kit.refusal import Absent
from jiedao.lines.patrol import devices, offsets
from jiedao.lines.patrol.models import Device, Refusal, Source
from tests.cast import seat
from tests.desks import words
from tests.patrols import HEAD, MEMBER, OTHER_HEAD, PARK, at_desk, running

KEY = re.compile(r"jp_[\w-]{40,}")
DECLARED = {"code": "phones", "kind": "owntracks", "name": "手机", "system": "gcj02"}


def declared(**more: str) -> Source:
    assert at_desk(HEAD).post("/shifts/sources/", DECLARED | more).status_code in (200, 303)
    return Source.objects.get(code=more.get("code", "phones"))


def test_a_source_is_declared_once_with_its_system_and_declared_anew(in_guangming):
    source, head = declared(), at_desk(HEAD)

    assert source.system == "gcj02"
    assert head.post("/shifts/sources/", DECLARED).status_code == 409
    assert head.post("/shifts/sources/", DECLARED | {"code": "other", "system": "mars"}).status_code == 200
    assert head.post(f"/shifts/sources/{source.id}/", {"what": "system", "system": "wgs84"}).status_code == 303
    source.refresh_from_db()
    assert source.system == "wgs84"
    assert Source.objects.count() == 1


def test_a_device_key_shows_once_speaks_for_its_person_and_ends_when_revoked(in_guangming):
    source, who, head = declared(), seat(MEMBER).person, at_desk(HEAD)
    here = f"/shifts/sources/{source.id}/"

    given = head.post(here, {"what": "give", "person": who.code, "label": "phone-7"})
    key = KEY.search(given.content.decode())[0]
    device = Device.objects.get()
    assert given["Cache-Control"] == "no-store"
    assert devices.sender_of(key, "owntracks").person_id == who.id
    assert KEY.search(head.get(here).content.decode()) is None
    assert head.post(here, {"what": "give", "person": who.code, "label": "phone-7"}).status_code == 409
    assert head.post(here, {"what": "revoke", "device": str(device.id)}).status_code == 303
    assert devices.sender_of(key, "owntracks") is None
    assert "已停用" in words(head.get(here))


def test_sending_the_form_twice_gives_one_device_and_shows_no_key_again(in_guangming):
    source, head = declared(), at_desk(HEAD)
    told = {"what": "give", "person": seat(MEMBER).person.code, "label": "phone-7", "key": "one-key"}

    head.post(f"/shifts/sources/{source.id}/", told)
    again = head.post(f"/shifts/sources/{source.id}/", told)

    assert (again.status_code, Device.objects.count()) == (303, 1)


def test_a_forwarder_has_the_key_and_its_devices_have_none(in_guangming):
    told = DECLARED | {"code": "traccar", "kind": "traccar"}
    answer = at_desk(HEAD).post("/shifts/sources/", told)
    source = Source.objects.get()

    key = KEY.search(answer.content.decode())[0]
    assert devices.forwarded(key, "867001")[0] == source.id
    here = f"/shifts/sources/{source.id}/"
    given = at_desk(HEAD).post(here, {"what": "give", "person": seat(MEMBER).person.code, "label": "867001"})
    assert given.status_code == 303
    assert devices.forwarded(key, "867001")[1].person_id == seat(MEMBER).person.id


def test_nobody_gives_a_device_to_people_of_another_squad(in_guangming):
    source = declared()
    device, _ = devices.give(source, seat(MEMBER).person, "phone-7")
    here = f"/shifts/sources/{source.id}/"

    assert at_desk(MEMBER).get("/shifts/sources/").status_code == 404
    assert at_desk(OTHER_HEAD).post(here, {"what": "revoke", "device": str(device.id)}).status_code == 404
    with pytest.raises(Absent):
        devices.give(source, seat(MEMBER).person, "phone-8", by=seat(OTHER_HEAD))
    assert Device.objects.get().revoked_at is None


def test_what_was_refused_and_a_steady_offset_stand_beside_the_source(in_guangming):
    source = declared(system="wgs84")
    running()
    Refusal.objects.create(source=source, at=source.declared_at, points=5, reasons={"off_shift": 3, "duplicate": 2})
    for _ in range(6):
        offsets.sample(source.id, (PARK[0] + 0.005, PARK[1] - 0.0026), PARK)

    for path in ("/shifts/sources/", f"/shifts/sources/{source.id}/"):
        told = words(at_desk(HEAD).get(path))
        assert "重复发送 2" in told
        assert "稳定相差" in told
