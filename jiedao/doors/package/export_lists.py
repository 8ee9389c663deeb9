"""Exporting duty lists (导出清单): one file to a list, all its published versions, as they were written."""

from collections.abc import Iterator
from typing import Any

from jiedao.doors.package import wording
from jiedao.ground.duties.models import DutyItem, DutyList, Responsibility

_WORDS = ("words", "limit", "contact_limit", "source", "type", "form", "frequency")


def list_files() -> dict[str, str]:
    """`lists/<code>.yaml` for every list that was ever published."""
    versions: dict[str, list[DutyList]] = {}
    for one in DutyList.objects.exclude(published_on=None).select_related("owner").order_by("code", "version"):
        versions.setdefault(one.code, []).append(one)
    made = {f"lists/{code}.yaml": _file(code, rows) for code, rows in versions.items()}
    return made or {"lists.yaml": "# Duty lists (职责清单).\nlists: []\n"}


def _file(code: str, versions: list[DutyList]) -> str:
    items = {
        one.id: list(
            one.items.select_related("giver", "contact_post", "parent")
            .prefetch_related("responsibilities")
            .order_by("rank", "code")
        )
        for one in versions
    }
    names: dict[tuple[str, str], str] = {}
    for item in (item for one in versions for item in items[one.id]):
        names.setdefault((item.category, item.category_en), f"{code[:30]}-{len(names) + 1:02}")
    text = f"# {versions[-1].name}\ncategories:\n"
    text += "".join(f"  {key}: {wording.plain({'name': zh, 'name_en': en})}\n" for (zh, en), key in names.items())
    text += "lists:\n"
    for number, one in enumerate(versions):
        follower = versions[number + 1] if number + 1 < len(versions) else None
        text += _head(one, follower) + "".join(_lines(items[one.id], names))
    return text if len(text) > 0 else ""


def _head(one: DutyList, follower: DutyList | None) -> str:
    ends_by_follower = follower is not None and one.valid_to == follower.valid_from
    facts = {
        "code": one.code, "version": one.version, "kind": one.kind, "level": one.level, "name": one.name,
        "name_en": one.name_en, "owner": one.owner.code if one.owner else "", "source": one.source,
        "published_on": str(one.published_on), "valid_from": str(one.valid_from),
        "valid_to": "" if ends_by_follower or one.valid_to is None else str(one.valid_to),
    }  # fmt: skip
    told = [f"{key}: {wording.plain(value)}" for key, value in wording.kept(facts).items()]
    return "  - " + "\n    ".join(told) + "\n    items:\n"


def _lines(items: list[DutyItem], names: dict[tuple[str, str], str]) -> Iterator[str]:
    parts: dict[Any, list[DutyItem]] = {}
    for item in items:
        parts.setdefault(item.parent_id, []).append(item)
    for item in parts.get(None, []):
        row = {"code": item.code, "category": names[item.category, item.category_en], **_facts(item)}
        below = [{"code": part.code, **_facts(part, item)} for part in parts.get(item.id, [])]
        yield f"      - {wording.plain({**wording.kept(row), **({'parts': below} if below else {})})}\n"


def _facts(item: DutyItem, above: DutyItem | None = None) -> dict[str, Any]:
    facts: dict[str, Any] = {"name": item.name, "name_en": item.name_en}
    facts |= {name: getattr(item, name) for name in _WORDS}
    facts["basis"] = [{"law": row["law"], "article": row["article"]} for row in item.basis]
    facts["giver"] = item.giver.code if item.giver else ""
    facts["given_on"] = str(item.given_on) if item.given_on else ""
    facts["contact_post"] = item.contact_post.code if item.contact_post else ""
    facts["demo"] = item.demo
    book = {key: item.handbook[key] for key in sorted(item.handbook)}
    if "penalty_basis" in book:
        book["penalty_basis"] = [{"law": row["law"], "article": row["article"]} for row in book["penalty_basis"]]
    facts["handbook"] = wording.kept(book)
    named = _named(item)
    if above is None or named != _named(above):
        facts |= named
    return wording.kept(facts)


def _named(item: DutyItem) -> dict[str, Any]:
    """Who leads and who helps, everywhere and in single areas."""
    by_area: dict[str, dict[str, Any]] = {}
    rows = item.responsibilities.select_related("unit", "area").all()
    for row in sorted(rows, key=lambda row: (row.area.code if row.area else "", row.role != "lead", row.id)):
        place = by_area.setdefault(row.area.code if row.area else "", {})
        code = row.unit.code if row.unit else row.relation
        if row.role == Responsibility.Role.LEAD:
            place["lead"] = code
        else:
            place.setdefault("helpers", []).append(code)
    named = by_area.pop("", {})
    return named | ({"in_areas": [{"area": code, **one} for code, one in sorted(by_area.items())]} if by_area else {})
