"""People of a package (人员): those it names, and somebody invented for every other seat, the same at each reading."""

from collections import Counter
from collections.abc import Iterator
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from jiedao.doors.package.names import invented_name, invented_phone
from jiedao.doors.package.records import PersonRecord, PostRecord

if TYPE_CHECKING:
    from jiedao.doors.package.content import Content


def people(content: "Content") -> Iterator[PersonRecord]:
    """Those written down, then those that `fill` asks for."""
    named = list(_named(content))
    yield from named
    asked = content.value("people").get("fill")
    if asked:
        yield from _invented(content, named, asked)


def _named(content: "Content") -> Iterator[PersonRecord]:
    seats = {post.code: post for post in content.posts}
    for i, row in enumerate(content.value("people")["people"]):
        accounts = ([row["account"]] if "account" in row else []) + row.get("more_accounts", [])
        sent = next((seats[code].stationed for code in row["posts"] if code in seats and seats[code].stationed), None)
        yield PersonRecord(
            row["code"], row["name"], row.get("name_en", ""), row.get("phone", ""), row["posts"], ("people", ("people", i)),
            accounts=accounts, language=row.get("language", ""), stationed=row.get("stationed", sent),
            left_on=row.get("left_on", ""),
        )  # fmt: skip


def _invented(content: "Content", named: list[PersonRecord], asked: dict[str, Any]) -> Iterator[PersonRecord]:
    """One person to a seat; where two seats are tied, whoever has the first gets the second."""
    taken = {code: person for person in named for code in person.posts}
    empty = set(asked.get("vacant", ()))
    made: list[PersonRecord] = []
    seats = _Seats(content)
    # Seats that lead come first, so that those tied to them find somebody.
    for post in sorted(content.posts, key=lambda post: post.kind in seats.follows):
        if post.code in taken or post.code in empty:
            continue
        holder = seats.tied(post, taken)
        if holder is None:
            holder = _somebody(post, asked)
            made.append(holder)
        else:
            holder.posts.append(post.code)
        taken[post.code] = holder
    yield from made


def _somebody(post: PostRecord, asked: dict[str, Any]) -> PersonRecord:
    digest = sha256(f"{asked['seed']}:{post.code}".encode()).digest()
    name, name_en = invented_name(digest)
    code = f"P-{post.code}"
    signs_in = post.kind == asked.get("accounts")
    return PersonRecord(
        code if len(code) <= 40 else f"P-{digest.hex()[:24]}", name, name_en, invented_phone(digest), [post.code],
        ("people", ("fill",)), accounts=[f"u{post.code.lower()}"] if signs_in else [], stationed=post.stationed,
        invented=True,
    )  # fmt: skip


class _Seats:
    """Which seat is tied to which (一肩挑), found without looking through all of them for each."""

    def __init__(self, content: "Content") -> None:
        self.follows = {tie["follows"]: tie for tie in content.ties}
        self._units = {unit.code: unit for unit in content.units}
        self._paths = {area.code: area.path for area in content.areas}
        self._given: Counter[tuple[str, str]] = Counter()
        self._by_spot: dict[tuple[str, str], list[PostRecord]] = {}
        for tie in content.ties:
            for post in content.posts:
                if post.kind == tie["leads"]:
                    self._by_spot.setdefault((tie["code"], self._spot(post, tie["within"])), []).append(post)

    def tied(self, post: PostRecord, taken: dict[str, PersonRecord]) -> PersonRecord | None:
        """Who sits in the seat this one is tied to. None if that seat is empty or there is none.

        Where several could, whoever has least of these: two deputies are two people.
        """
        tie = self.follows.get(post.kind)
        if tie is None:
            return None
        spot = self._spot(post, tie["within"])
        while spot:
            leads = self._by_spot.get((tie["code"], spot), ())
            could = [taken[other.code] for other in leads if other.code in taken]
            if could:
                chosen = min(could, key=lambda person: self._given[post.kind, person.code])
                self._given[post.kind, chosen.code] += 1
                return chosen
            spot = spot.rpartition("/")[0] if tie["within"] == "area" else ""
        return None

    def _spot(self, post: PostRecord, within: str) -> str:
        """What two tied seats share: their unit, their body, or a place on the way up from the area of one."""
        if within == "unit":
            return post.unit
        unit = self._units.get(post.unit)
        if within == "area":
            return self._paths.get(post.area or (unit.area if unit else ""), "")
        seen = set()
        while unit and unit.parent and unit.kind not in ("subdistrict", "department") and unit.code not in seen:
            seen.add(unit.code)
            unit = self._units.get(unit.parent)
        return unit.code if unit else ""
