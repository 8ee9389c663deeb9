"""A new package (新建区包): the least that runs, with names and numbers given by hand and ground drawn by the rule."""

import json
from dataclasses import dataclass, field
from itertools import count
from math import cos, radians
from pathlib import Path
from typing import Any

from jiedao.doors.package import wording
from jiedao.doors.package.drawing import MILLION, Ring, divide, geojson, ring_of, simplified, tidy
from jiedao.kit.refusal import Refused

MINIMUM = Path(__file__).parent / "minimum"
DRAWN = "Drawn by `jiedao package new`; boundaries of no real place. Replace by the district's own."
GIVEN = "Outline as given; everything inside it is drawn by `jiedao package new` and is no real boundary."
METRES_A_DEGREE = 111_320


@dataclass
class Wanted:
    """What the guide asked for. `outline` is a GeoJSON geometry in WGS 84; without one a square stands in."""

    code: str
    label: str
    name: str
    name_en: str
    city: str = ""
    subdistricts: list[str] = field(default_factory=lambda: ["第一街道", "第二街道"])
    communities: int = 2
    grids: int = 2
    outline: dict[str, Any] | None = None
    centre: tuple[float, float] = (118.0, 32.0)
    since: str = "2020-01-01"


def begin(folder: Path, wanted: Wanted) -> list[str]:
    """Writes the package. Refuses `folder_in_use`: nothing is written over."""
    if folder.exists() and any(folder.iterdir()):
        raise Refused("folder_in_use", folder=str(folder), file=sorted(path.name for path in folder.iterdir())[0])
    areas, shapes, first = _ground(wanted)
    made = {
        "package.yaml": _package(wanted),
        "areas.yaml": "# Areas (区域): put the real names in; shapes are in areas.geojson, by code.\n" + areas,
        "areas.geojson": shapes,
    }
    words = {"DISTRICT": wanted.code, "STREET": first[0], "COMMUNITY": first[1], "GRID": first[2]}
    for path in sorted(MINIMUM.glob("*.yaml")):
        text = path.read_text(encoding="utf-8")
        for word, value in words.items():
            text = text.replace(word, value)
        made[path.name] = text
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in made.items():
        (folder / name).write_text(text, encoding="utf-8")
    return sorted(made)


def _package(wanted: Wanted) -> str:
    facts = {
        "label": wanted.label, "code": wanted.code, "name": wanted.name, "name_en": wanted.name_en,
        "city": wanted.city, "demo": True, "since": wanted.since,
        "office_hours": [["09:00", "12:00"], ["13:30", "17:30"]],
    }  # fmt: skip
    lines = "".join(f"{key}: {wording.plain(value)}\n" for key, value in wording.kept(facts).items())
    return (
        "# What the package is (区包). `demo: true` gives every account the known password of the demonstration; take it\n"
        f"# away before real people work here.\n{lines}switches:\n  whistle_hard_either: false\n"
        "  bars_line_assessments: false\n"
    )


def _ground(wanted: Wanted) -> tuple[str, str, tuple[str, str, str]]:
    """The areas as YAML and as GeoJSON, and the first sub-district, community and grid, where accounts begin."""
    top = simplified(ring_of(wanted.outline)) if wanted.outline else _square(wanted.centre)
    features = [(wanted.code, top)]
    lines, first = ["subdistricts:\n"], ("", "", "")
    streets = divide(top, [1] * len(wanted.subdistricts))
    for number, name, street in zip(count(1), wanted.subdistricts, streets, strict=False):
        code = f"{wanted.code}{number:03}"
        features.append((code, street))
        lines.append(f'  - code: "{code}"\n    name: {wording.plain(name)}\n    communities:\n')
        for j, community in enumerate(divide(street, [1] * wanted.communities), 1):
            inner = f"{code}{900 + j}"
            features.append((inner, community))
            lines.append(
                f'      - code: "{inner}"\n        name: {wording.plain(f"{name}第{j}社区")}\n        grids:\n'
            )
            for k, grid in enumerate(divide(community, [1] * wanted.grids), 1):
                spot = f"{inner}{k:03}"
                features.append((spot, grid))
                facts = {"code": spot, "kind": "integrated", "name": f"{name}第{j}社区{k}号网格"}
                lines.append(f"          - {wording.plain(facts)}\n")
                first = first if first[0] else (code, inner, spot)
    origin = GIVEN if wanted.outline else DRAWN
    return "".join(lines), _collection(origin, features), first


def _collection(origin: str, features: list[tuple[str, Ring]]) -> str:
    head = json.dumps({"type": "FeatureCollection", "origin": origin, "system": "wgs84"})
    lines = [json.dumps({"type": "Feature", "id": code, "geometry": geojson(ring)}) for code, ring in features]
    return f'{head[:-1]}, "features": [\n' + ",\n".join(lines) + "\n]}\n"


def _square(centre: tuple[float, float], kilometres: float = 6.0) -> Ring:
    """Six kilometres across, around a point."""
    lon, lat = centre
    up = kilometres * 500 / METRES_A_DEGREE
    across = up / cos(radians(lat))
    corners = [(lon - across, lat - up), (lon + across, lat - up), (lon + across, lat + up), (lon - across, lat + up)]
    return tidy([(round(x * MILLION), round(y * MILLION)) for x, y in corners])
