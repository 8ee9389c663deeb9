"""Exporting people, terms, organisation and sites (导出人员、词条、编制、点位)."""

from typing import Any

from jiedao.doors.package import wording
from jiedao.doors.package.content import SHIPPED
from jiedao.doors.package.read import Document
from jiedao.ground.people.models import Account, Establishment, Link, Person, Stationing, Tenure, Tie, Unit
from jiedao.ground.places.models import Site
from jiedao.ground.terms.models import Term


def people() -> str:
    """Who sits somewhere or may sign in. A package carries no password."""
    posts: dict[Any, list[str]] = {}
    for person, code in Tenure.objects.on().values_list("person_id", "post__code").order_by("post__code"):
        posts.setdefault(person, []).append(code)
    accounts: dict[Any, list[Account]] = {}
    for account in Account.objects.filter(is_active=True).exclude(person=None).order_by("username"):
        accounts.setdefault(account.person_id, []).append(account)
    sent = {row.person_id: row for row in Stationing.objects.on().select_related("home", "command")}
    rows = []
    for person in Person.objects.order_by("code"):
        if person.id not in posts and person.id not in accounts:
            continue
        mine = accounts.get(person.id, [])
        rows.append({
            "code": person.code, "name": person.name, "name_en": person.name_en, "phone": person.phone,
            "left_on": person.left_on.isoformat() if person.left_on else "",
            "account": mine[0].username if mine else "", "more_accounts": [one.username for one in mine[1:]],
            "language": mine[0].language if mine else "", "stationed": _stationed(sent.get(person.id)),
        } | {"posts": posts.get(person.id, [])})  # fmt: skip
    told = "".join(f"  - {wording.plain({**wording.kept(row), 'posts': row['posts']})}\n" for row in rows)
    return "# People (人员). One person may hold several posts.\npeople:" + (f"\n{told}" if told else " []\n")


def _stationed(row: Stationing | None) -> dict[str, Any]:
    if row is None:
        return {}
    return wording.kept({
        "home": row.home.code, "command": row.command.code, "kind": row.kind, "head": row.is_head,
        "party_moved": row.party_moved, "gear": row.gear, "basis": row.basis,
    })  # fmt: skip


def terms() -> str:
    """The district's own words: those of the common ones that it has unchanged are left where they are."""
    common = Document(SHIPPED / "terms.yaml").value["terms"]
    shared = {
        (table, row["code"]): (row["name"], row["name_en"], row.get("facts", {}), (n + 1) * 10, row.get("source", ""))
        for table, rows in common.items()
        for n, row in enumerate(rows)
    }
    tables: dict[str, list[dict[str, Any]]] = {}
    for term in Term.objects.order_by("table", "rank", "code"):
        said = (term.name, term.name_en, term.facts, term.rank, term.source)
        if shared.get((term.table, term.code)) != said:
            row = dict(zip(("name", "name_en", "facts", "rank", "source"), said, strict=True))
            row["facts"] = _ordered(term.facts)
            tables.setdefault(term.table, []).append({"code": term.code, **row})
    told = "".join(wording.rows(table, rows, 2) for table, rows in tables.items())
    return "# Terms (词条): this district's own words.\nterms:" + (f"\n{told}" if told else " {}\n")


def _ordered(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _ordered(value[key]) for key in sorted(value)}
    return [_ordered(part) for part in value] if isinstance(value, list) else value


def organisation() -> str:
    ties = [
        {
            "code": tie.code, "leads": tie.leads.code, "follows": tie.follows.code, "within": tie.within,
            "by_itself": tie.by_itself, "source": tie.source,
        }
        for tie in Tie.objects.select_related("leads", "follows").order_by("code")
    ]  # fmt: skip
    approved = [
        {
            "unit": row.unit.code, "staff_kind": row.staff_kind, **({"approved": row.approved}),
            "moved_from": row.moved_from.code if row.moved_from else "", "moved": row.moved,
            "moved_on": row.moved_on.isoformat() if row.moved_on else "", "source": row.source,
        }
        for row in Establishment.objects.on().select_related("unit", "moved_from").order_by("unit__code", "staff_kind")
    ]  # fmt: skip
    links = [
        {
            "post": row.post.code, "area": row.area.code if row.area else "",
            "unit": row.unit.code if row.unit else "", "field": row.field,
        }
        for row in Link.objects.on().select_related("post", "area", "unit")
    ]  # fmt: skip
    text = wording.rows("ties", ties) + wording.rows("establishments", [_with_zero(row) for row in approved])
    text += wording.rows("links", sorted(links, key=lambda row: tuple(row.values())))
    text += wording.rows("reorganisations", _merged())
    return "# Organisation (机构编制).\n" + (text or "links: []\n")


def _with_zero(row: dict[str, Any]) -> dict[str, Any]:
    """No approved posts is a number that is told, not one that is left out."""
    return {key: value for key, value in row.items() if key == "approved" or value not in ("", 0)}


def _merged() -> list[dict[str, Any]]:
    """The bodies that were merged, under what they became."""
    ended = {unit.id: unit for unit in Unit.objects.exclude(valid_to=None)}
    made = []
    for unit in Unit.objects.on().exclude(came_from=[]).order_by("code"):
        days: dict[str, list[Unit]] = {}
        for former in (ended[one] for one in unit.came_from if one in ended):
            days.setdefault(str(former.valid_to), []).append(former)
        for day, formers in sorted(days.items()):
            told = [
                wording.kept({"code": one.code, "kind": one.kind, "name": one.name, "name_en": one.name_en})
                for one in sorted(formers, key=lambda one: one.code)
            ]
            made.append({"into": unit.code, "done_on": day, "from": told})
    return made


def sites() -> str:
    rows = [
        {
            "code": site.code, "kind": site.kind, "name": site.name, "name_en": site.name_en, "address": site.address,
            "area": site.area.code if site.area else "", "lon": _degrees(site.lon), "lat": _degrees(site.lat),
            "facts": _ordered(site.facts),
        }
        for site in Site.objects.on().select_related("area").order_by("code")
    ]  # fmt: skip
    return "# Sites (点位), points in WGS 84.\n" + (wording.rows("sites", rows) or "sites: []\n")


def _degrees(value: float | None) -> str:
    return "" if value is None else f"{value:.6f}"
