"""What an import changes among people (导入：人员): names and numbers, what they hold, by whom they were sent."""

from datetime import date
from typing import TYPE_CHECKING, Any

from jiedao.doors.package.records import PersonRecord
from jiedao.doors.package.write import Writer
from jiedao.ground.people.models import Account, Person, Post, Stationing, Tenure, Unit
from jiedao.kit.clock import today

if TYPE_CHECKING:
    from jiedao.doors.package.bring import Brought

_GEAR = ("is_head", "party_moved", "gear", "basis")


class PeopleStep:
    """The part of an import that is about people. Who is not named in the package stays as he is."""

    def __init__(self, brought: "Brought", writer: Writer) -> None:
        self.brought = brought
        self.fresh = writer.fresh_people
        self.named = [row for row in brought.content.people if row.code not in self.fresh]

    def change(self) -> None:
        there = {person.code: person for person in Person.objects.filter(code__in=[row.code for row in self.named])}
        self.named = [row for row in self.named if row.code in there]
        self._facts(there)
        self._tenures(there)
        self._stationings(there)
        self._accounts(there)

    def _facts(self, there: dict[str, Person]) -> None:
        changed = []
        for row in self.named:
            person = there[row.code]
            left = date.fromisoformat(row.left_on) if row.left_on else None
            facts = {"name": row.name, "name_en": row.name_en, "phone": row.phone, "left_on": left}
            fields = [name for name, value in facts.items() if getattr(person, name) != value]
            for name in fields:
                setattr(person, name, facts[name])
            if fields:
                changed.append(person)
                self.brought.tell("people", "changed", row.code, *fields)
        Person.objects.bulk_update(changed, ["name", "name_en", "phone", "left_on"], batch_size=500)

    def _tenures(self, there: dict[str, Person]) -> None:
        """Named people hold what is written; those `fill` made hold on to what they were given."""
        posts = {post.code: post for post in Post.objects.on()}
        held: dict[tuple[str, str], Tenure] = {
            (tenure.person.code, tenure.post.code): tenure
            for tenure in Tenure.objects.on().filter(person__in=there.values()).select_related("person", "post")
        }
        fresh = []
        for row in (one for one in self.named if not one.invented):
            for code in row.posts:
                if (row.code, code) not in held:
                    fresh.append(Tenure(person=there[row.code], post=posts[code], valid_from=today()))
                    self.brought.tell("tenures", "added", f"{row.code} {code}")
        written = {(row.code, code) for row in self.named for code in row.posts}
        kept = {row.code for row in self.named if row.invented}
        ended = [key for key in held if key not in written and key[0] not in kept and key[1] in posts]
        for person, code in sorted(ended):
            self.brought.tell("tenures", "ended", f"{person} {code}")
        Tenure.objects.filter(pk__in=[held[key].pk for key in ended]).update(valid_to=today())
        Tenure.objects.bulk_create(fresh, batch_size=500)

    def _stationings(self, there: dict[str, Person]) -> None:
        """Another sender or command is a new row from today, the former ends."""
        units = {unit.code: unit for unit in Unit.objects.on()}
        rows = Stationing.objects.on().filter(person__in=there.values()).select_related("home", "command")
        now = {row.person_id: row for row in rows}
        for said in self.named:
            row = now.get(there[said.code].id)
            if said.invented or _alike(row, said):
                continue
            if row is not None:
                Stationing.objects.filter(pk=row.pk).update(valid_to=today())
            if said.stationed is None:
                self.brought.tell("stationings", "ended", said.code)
                continue
            sent = said.stationed
            Stationing(
                person=there[said.code], home=units[sent["home"]], command=units[sent["command"]], kind=sent["kind"],
                valid_from=today(), **_more(sent),
            ).save(force_insert=True)  # fmt: skip
            self.brought.tell("stationings", "changed" if row else "added", said.code)

    def _accounts(self, there: dict[str, Person]) -> None:
        """An account that the package gives to somebody else now belongs to them; none is opened or closed."""
        accounts = {account.username: account for account in Account.objects.all()}
        for row in self.named:
            for username in row.accounts:
                account = accounts[username]
                fields = []
                if account.person_id != there[row.code].id:
                    account.person, fields = there[row.code], ["person"]
                if row.language and account.language != row.language:
                    account.language, fields = row.language, [*fields, "language"]
                if fields:
                    account.save(update_fields=fields)
                    self.brought.tell("accounts", "changed", username, *fields)


def _more(sent: dict[str, Any]) -> dict[str, Any]:
    return {
        "is_head": sent.get("head", False), "party_moved": sent.get("party_moved", False),
        "gear": sent.get("gear", []), "basis": sent.get("basis", ""),
    }  # fmt: skip


def _alike(row: Stationing | None, said: PersonRecord) -> bool:
    if row is None or said.stationed is None:
        return row is None and said.stationed is None
    sent = said.stationed
    same = (row.home.code, row.command.code, row.kind) == (sent["home"], sent["command"], sent["kind"])
    return same and all(getattr(row, name) == value for name, value in _more(sent).items())
