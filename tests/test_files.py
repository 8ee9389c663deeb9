"""Files (附件): who gets them, as what, and that nothing else does; and what the store keeps or withholds."""

import io
import re

import pytest

from jiedao.ground import store
from jiedao.ground.journal.models import Look
from jiedao.ground.people.models import Account
from jiedao.kit import ports
from jiedao.kit.ids import new_id
from jiedao.kit.refusal import Refused
from jiedao.record.models import Attachment
from tests.media_files import document, pdf
from tests.residents import THERE, Resident, case_of, photo, sent_to_urban

pytestmark = pytest.mark.usefixtures("in_gulou")


def letter() -> io.BytesIO:
    file = io.BytesIO(document())
    file.name = "说明 书.docx"
    return file


def staff(username: str, host: dict[str, str] | None = None) -> Resident:
    browser = Resident(host=host) if host else Resident()
    browser.client.force_login(Account.objects.get(username=username))
    return browser


@pytest.fixture
def sent() -> tuple[Resident, Attachment]:
    """A resident, and the one photo on his report."""
    resident = Resident()
    number, _ = resident.reported(photos=[photo()])
    return resident, Attachment.objects.get(case__number=number)


def test_who_sent_a_file_sees_it_and_its_small_form(sent):
    resident, file = sent

    whole, small = resident.get(f"/files/{file.id}/"), resident.get(f"/files/{file.id}/thumb/")

    assert (whole.status_code, small.status_code) == (200, 200)
    assert whole.content == store.read(file.path)
    assert len(small.content) < len(whole.content) or small.content


def test_a_file_is_sent_so_that_nothing_in_it_can_run(sent):
    resident, file = sent

    headers = resident.get(f"/files/{file.id}/").headers

    assert headers["Content-Type"] == "image/jpeg"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Content-Security-Policy"].startswith("default-src 'none'; sandbox")
    assert headers["Content-Disposition"].startswith("inline; ")
    assert "no-store" in headers["Cache-Control"]


def test_what_is_no_picture_of_ours_is_handed_over_and_not_shown():
    resident = Resident()
    number, _ = resident.reported(photos=[letter()])
    file = Attachment.objects.get(case__number=number)

    answer = resident.get(f"/files/{file.id}/")

    assert answer.headers["Content-Disposition"] == (
        "attachment; filename=\"file.docx\"; filename*=UTF-8''%E8%AF%B4%E6%98%8E%20%E4%B9%A6.docx"
    )
    assert resident.get(f"/files/{file.id}/thumb/").status_code == 404


def test_the_first_page_of_a_pdf_stands_small_wherever_its_case_is_read():
    from tests.desks import Colleague

    resident, paper = Resident(), io.BytesIO(pdf())
    paper.name = "通知.pdf"
    number, _ = resident.reported(photos=[paper])
    sent_to_urban(number)
    file = Attachment.objects.get(case__number=number)

    small, whole = resident.get(f"/files/{file.id}/thumb/"), resident.get(f"/files/{file.id}/")

    assert (small.headers["Content-Type"], small.headers["Content-Disposition"][:7]) == ("image/jpeg", "inline;")
    assert small.headers["Content-Security-Policy"].startswith("default-src 'none'; sandbox")
    assert whole.headers["Content-Disposition"].startswith("attachment; ")
    for page in (
        resident.get("/follow/"),
        Colleague("urban").get(f"/case/{number}/"),
        resident.get(f"/files/{file.id}/view/"),
    ):
        assert f'src="/files/{file.id}/thumb/" alt="第一页"' in page.content.decode()


def test_strangers_neighbours_and_guessers_get_the_same_nothing(sent):
    _, file = sent
    other = Resident()
    other.reported()
    address = f"/files/{file.id}/"
    answers = [
        Resident().get(address), other.get(address), Resident(host=THERE).get(address),
        staff("housing").get(address), Resident().get(f"/files/{new_id()}/"),
    ]  # fmt: skip

    def plain(answer):
        return re.sub(r'name="csrfmiddlewaretoken" value="\w+"|nonce="[^"]+"|data-now="[^"]+"', "", answer.text)

    assert [answer.status_code for answer in answers] == [404] * 5
    assert plain(answers[0]) == plain(answers[1]) == plain(answers[4])


def test_colleagues_get_a_file_with_the_case_and_not_before(sent):
    _, file = sent
    address = f"/files/{file.id}/"
    assert staff("urban").get(address).status_code == 404

    sent_to_urban(file.case.number)

    assert staff("urban").get(address).status_code == 200


def test_who_left_gets_no_file_at_the_next_click(sent):
    from jiedao.kit.clock import today

    _, file = sent
    sent_to_urban(file.case.number)
    colleague = staff("urban")
    assert colleague.get(f"/files/{file.id}/").status_code == 200

    person = Account.objects.get(username="urban").person
    person.tenures.update(valid_to=today())
    person.left_on = today()
    person.save(update_fields=["left_on"])

    assert colleague.get(f"/files/{file.id}/").status_code == 404


def test_opening_a_complaints_file_is_logged_for_the_complainant():
    resident = Resident()
    number, _ = resident.reported(kind="complaint", words="投诉物业", photos=[photo()])
    file = Attachment.objects.get(case__number=number)
    before = Look.objects.count()

    staff("dispatcher").get(f"/files/{file.id}/")

    assert Look.objects.filter(object_id=case_of(number).id, what="file").count() == 1
    assert Look.objects.count() == before + 1


def test_a_file_that_retention_took_is_not_there(sent):
    resident, file = sent
    (store.root() / file.path).unlink()

    assert resident.get(f"/files/{file.id}/").status_code == 404


def test_no_path_leads_out_of_the_store():
    for path in ("../secrets/secret_key", "/etc/passwd", "d320106/../../secrets/secret_key"):
        with pytest.raises(FileNotFoundError):
            store.read(path)


class Scanner:
    def __init__(self, outcome: str) -> None:
        self.outcome = outcome

    def scan(self, path):
        return ports.Scan(self.outcome)


@pytest.fixture
def scanner(monkeypatch):
    def use(outcome: str) -> None:
        monkeypatch.setattr(ports.virus_scan, "scanner", Scanner(outcome))

    return use


def test_an_infected_file_is_refused_and_nothing_of_it_stays(scanner):
    scanner("infected")
    before = list((store.root()).rglob("*"))

    with pytest.raises(Refused, match="infected"):
        store.take([photo().read()], "lamp.jpg")

    assert list((store.root()).rglob("*")) == before


def test_while_the_scanner_is_down_a_file_is_taken_and_withheld_until_it_is_back(scanner):
    scanner("down")
    file = store.take([photo().read()], "lamp.jpg")
    with pytest.raises(FileNotFoundError):
        store.read(file.path)
    with pytest.raises(FileNotFoundError):
        store.read(file.thumb)

    scanner("clean")
    assert store.read(file.thumb)
    assert store.read(file.path)


def test_what_the_scanner_finds_later_stays_withheld(scanner):
    scanner("down")
    file = store.take([photo().read()], "lamp.jpg")
    scanner("infected")

    with pytest.raises(FileNotFoundError):
        store.read(file.path)


def test_a_document_finds_room_for_the_long_name_of_its_kind():
    book = io.BytesIO(document())
    book.name = "清单.docx"

    number, _ = Resident().reported(photos=[book])

    assert Attachment.objects.get(case__number=number).mime.endswith("wordprocessingml.document")


def test_too_large_a_file_is_refused_before_it_is_looked_at():
    with pytest.raises(Refused, match="file_too_large"):
        store.take((b"x" * 1024 * 1024 for _ in range(21)), "big.jpg")


def test_unclaimed_files_are_found_after_a_day_and_claimed_ones_are_not(sent):
    import os

    _, file = sent
    loose = store.take([photo("red").read()], "loose.jpg")
    claimed = {file.path, file.thumb}
    for name in (*claimed, loose.path, loose.thumb):
        os.utime(store.root() / name, (1, 1))

    found = set(store.unclaimed(claimed))

    assert {loose.path, loose.thumb} <= found
    assert not claimed & found


def test_the_viewer_shows_a_file_among_those_one_may_see_with_its_hash(sent):
    from tests.desks import Colleague, words

    resident, file = sent
    sent_to_urban(file.case.number)
    number, _ = resident.reported(photos=[photo("red")])
    other = Attachment.objects.get(case__number=number)

    mine = resident.get(f"/files/{file.id}/view/")
    page = words(Colleague("urban").get(f"/files/{file.id}/view/"))

    assert "1 / 1" in words(mine) and bytes(file.sha256).hex() in page and "居民" in page
    assert Colleague("urban").get(f"/files/{other.id}/view/").status_code == 404
    assert Resident().get(f"/files/{file.id}/view/").status_code == 404


def test_the_viewer_steps_through_the_files_of_a_case():
    resident = Resident()
    number, _ = resident.reported(photos=[photo(), photo("red"), letter()])
    first, second, last = Attachment.objects.filter(case__number=number).order_by("made_at", "id")

    page = resident.get(f"/files/{second.id}/view/").content.decode()

    assert re.findall(r'href="/files/([0-9a-f-]+)/view/"', page) == [str(first.id), str(last.id)]
    assert "文档不在平台里打开" in resident.get(f"/files/{last.id}/view/").content.decode()
