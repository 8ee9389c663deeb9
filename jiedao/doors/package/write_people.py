"""Writing people (写入人员): persons, what they hold, by whom they were sent, and their accounts."""

from datetime import date
from typing import TYPE_CHECKING

from django.contrib.auth.hashers import make_password

from jiedao.doors.package.records import PersonRecord
from jiedao.ground.people.models import Account, Person, Post, Stationing, Tenure, Unit

if TYPE_CHECKING:
    from jiedao.doors.package.write import Writer


class People:
    """The part of a run that is about people."""

    def __init__(self, writer: "Writer") -> None:
        self.writer = writer
        self.written = writer.content.people

    def write(self, posts: dict[str, Post], units: dict[str, Unit]) -> None:
        there = {person.code: person for person in Person.objects.all()}
        # Who left a post the district already had does not come back by a second load, nor does anybody else take it.
        taken = [row for row in self.written if row.code in there or not row.invented or self._fresh(row.posts)]
        fresh = [
            Person(
                code=row.code, name=row.name, name_en=row.name_en, phone=row.phone,
                left_on=date.fromisoformat(row.left_on) if row.left_on else None,
            )
            for row in taken if row.code not in there
        ]  # fmt: skip
        self.writer.fresh_people = {person.code for person in fresh}
        everybody = there | {person.code: person for person in fresh}
        tenures = [
            Tenure(person=everybody[row.code], post=posts[code], valid_from=posts[code].valid_from)
            for row in taken
            for code in row.posts
            if (row.code not in there and not row.invented) or code in self.writer.fresh_posts
        ]
        self.writer.add("people", Person, fresh, len(taken))
        self.writer.add("tenures", Tenure, tenures, sum(len(row.posts) for row in taken))
        self._stationings(taken, everybody, units, set(there))
        self._accounts(taken, everybody)

    def _fresh(self, codes: list[str]) -> bool:
        return any(code in self.writer.fresh_posts for code in codes)

    def _stationings(
        self, taken: list[PersonRecord], everybody: dict[str, Person], units: dict[str, Unit], there: set[str]
    ) -> None:
        sent = [(row, row.stationed) for row in taken if row.stationed]
        rows = [
            Stationing(
                person=everybody[row.code], home=units[said["home"]], command=units[said["command"]], kind=said["kind"],
                is_head=said.get("head", False), party_moved=said.get("party_moved", False), gear=said.get("gear", []),
                basis=said.get("basis", ""), valid_from=self.writer.since,
            )
            for row, said in sent if row.code not in there
        ]  # fmt: skip
        self.writer.add("stationings", Stationing, rows, len(sent))

    def _accounts(self, taken: list[PersonRecord], everybody: dict[str, Person]) -> None:
        there = set(Account.objects.values_list("username", flat=True))
        named = [(row, username) for row in taken for username in row.accounts]
        # Nobody can sign in until a password is set: a package carries none.
        shut = make_password(None)
        fresh = [
            Account(username=username, person=everybody[row.code], language=row.language, password=shut)
            for row, username in named
            if username not in there
        ]
        self.writer.add("accounts", Account, fresh, len(named))
