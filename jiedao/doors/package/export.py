"""From rows to a package (导出区包): the district as it is today, in files that load into the same rows again.

What has ended is left out, but for bodies that were merged into others. The order of everything is that of its codes,
so that two exports of the same state are the same to the byte.
"""

import json
from pathlib import Path
from typing import Any

from jiedao.doors.package import wording
from jiedao.doors.package.export_lists import list_files
from jiedao.doors.package.export_people import organisation, people, sites, terms
from jiedao.doors.package.export_processes import processes
from jiedao.doors.package.export_scores import scores
from jiedao.doors.package.layouts import Finder, Found, of_unit
from jiedao.ground.districts.models import District
from jiedao.ground.people.models import Post, PostKind, Unit
from jiedao.ground.places.models import Area
from jiedao.kit.refusal import Refused

ORIGIN = "As kept in the district."


def files(place: District) -> dict[str, str]:
    """Every file of the district's package by its name. For inside the district; refuses `no_areas` for an empty one."""
    areas = list(Area.objects.on().select_related("parent").order_by("path"))
    if not areas or areas[0].kind != Area.Kind.DISTRICT:
        raise Refused("no_areas", district=place.label)
    units = list(Unit.objects.on().select_related("parent", "area").order_by("code"))
    posts = list(Post.objects.on().select_related("unit", "kind", "area").order_by("code"))
    held = {unit.code for unit in units}
    posts = [post for post in posts if post.unit.code in held]
    found = Finder(areas, units, posts).find()
    return {
        "package.yaml": _package(place, areas[0]),
        "areas.yaml": _areas(areas, found),
        "areas.geojson": _shapes(areas),
        "units.yaml": _units(found, posts),
        "people.yaml": people(),
        "terms.yaml": terms(),
        "organisation.yaml": organisation(),
        "sites.yaml": sites(),
        "processes.yaml": processes(place),
        **list_files(),
        **scores(),
    }


def write(place: District, folder: Path) -> list[str]:
    """Writes the files. Refuses `folder_in_use`: a folder that holds anything else is never written into."""
    made = files(place)
    there = (
        {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()} if folder.exists() else set()
    )
    strange = sorted(there - made.keys())
    if strange and "package.yaml" not in there:
        raise Refused("folder_in_use", folder=str(folder), file=strange[0])
    for name in strange:
        (folder / name).unlink()
    for name, text in made.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return sorted(made)


def _package(place: District, top: Area) -> str:
    facts = {
        "label": place.label, "code": place.code, "name": place.name, "name_en": place.name_en, "city": place.city,
        "city_en": place.city_en, "demo": place.demo, "since": top.valid_from.isoformat(),
        "office_hours": place.office_hours,
    }  # fmt: skip
    lines = "".join(f"{key}: {wording.plain(value)}\n" for key, value in wording.kept(facts).items())
    switches = "".join(f"  {key}: {wording.plain(value)}\n" for key, value in sorted(place.switches.items()))
    return f"# What the package is (区包).\n{lines}" + (f"switches:\n{switches}" if switches else "")


def _areas(areas: list[Area], found: Found) -> str:
    lines = ["# Areas (区域). Shapes: areas.geojson, by code.\n", "subdistricts:\n"]
    begins = {"subdistrict": ("  ", "communities"), "community": ("      ", "grids")}
    parents = {area.parent_id for area in areas}
    for area in areas:
        facts: dict[str, Any] = {"code": area.code}
        if area.kind == Area.Kind.GRID:
            facts |= {"kind": area.grid_kind, "name": area.name, "name_en": area.name_en}
            facts["crew"] = found.crew_of.get(area.code, "")
            lines.append(f"          - {wording.plain(wording.kept(facts))}\n")
        elif area.kind != Area.Kind.DISTRICT:
            pad, below = begins[area.kind]
            layout = found.layout_of.get(area.code, "none")
            facts |= {"name": area.name, "name_en": area.name_en, "layout": "" if layout == area.kind else layout}
            told = [f"{key}: {wording.plain(value)}" for key, value in wording.kept(facts).items()]
            lines.append(f"{pad}- " + f"\n{pad}  ".join(told) + "\n")
            if area.id in parents:
                lines.append(f"{pad}  {below}:\n")
    return "".join(lines)


def _shapes(areas: list[Area]) -> str:
    """One feature to a line, so that a mistake can be found and a change be read."""
    head = json.dumps({"type": "FeatureCollection", "origin": ORIGIN, "system": "wgs84"})
    features = [
        json.dumps({"type": "Feature", "id": area.code, "geometry": area.shape}, separators=(",", ":"))
        for area in areas
        if area.shape
    ]
    return f'{head[:-1]}, "features": [\n' + ",\n".join(features) + "\n]}\n"


def _units(found: Found, posts: list[Post]) -> str:
    kinds = [
        {
            "code": kind.code, "name": kind.name, "name_en": kind.name_en, "second_factor": kind.second_factor,
            "rank": kind.rank, "desks": kind.desks,
        }
        for kind in PostKind.objects.order_by("rank", "code")
    ]  # fmt: skip
    of = {unit.code: [post for post in posts if post.unit_id == unit.id] for unit in found.units}
    units = [
        {
            "code": unit.code, "kind": unit.kind, "level": unit.level, "name": unit.name, "name_en": unit.name_en,
            "second_name": unit.second_name, "second_name_en": unit.second_name_en, "side": unit.side,
            "parent": unit.parent.code if unit.parent else "", "area": unit.area.code if unit.area else "",
            "duty_phone": unit.duty_phone, "serves": unit.serves, "posts": of_unit(unit, of[unit.code]),
        }
        for unit in found.units
    ]  # fmt: skip
    text = "# Units and posts (单位、岗位).\n" + wording.rows("post_kinds", kinds) + wording.rows("units", units)
    text += wording.rows("posts", found.posts)
    layouts = "".join(wording.rows(name, rows, 2) for name, rows in sorted(found.layouts.items()))
    return text + (f"layouts:\n{layouts}" if layouts else "")
