"""A district as data: check, import, export, compare, print and begin packages (区包)."""

import argparse
import json
import re
import sys
from pathlib import Path
from typing import Any

from tqdm import tqdm

from jiedao.doors import demo
from jiedao.doors.package import compare, export, mending, sheet, start
from jiedao.doors.package.bring import Brought, bring
from jiedao.doors.package.content import Content
from jiedao.doors.package.load import folder_of, known, read_checked
from jiedao.doors.package.shapes import gaps
from jiedao.ground.db.home import Trouble
from jiedao.ground.districts import district
from jiedao.ground.districts.models import District
from jiedao.kit.refusal import Refused

EXAMPLES = """
  jiedao package check gulou                   a shipped package, or a folder: problems by file, line and what to do
  jiedao package import ./xuanwu               what would be added, changed and ended; nothing is written
  jiedao package import ./xuanwu --yes         in one transaction; a district that is not there yet is made first
  jiedao package export gulou ./gulou-today    the district as it is now, as a package
  jiedao package diff gulou ./gulou-today      what two packages say differently
  jiedao package diff ./xuanwu                 the same, against the district as it is now
  jiedao package docs liunan --out liunan.html    a sheet for legal review; --text for plain text
  jiedao package new ./xuanwu --code 320102 --label xuanwu --name 玄武区 --name-en "Xuanwu District"
"""
SHOWN = 40
"""Lines of a plan shown of one kind; --all shows every one."""


def arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", required=True)
    check = actions.add_parser("check", help="read a package and tell every problem")
    check.add_argument(
        "package", nargs="?", help="a folder or the name of a shipped package; without it all shipped ones"
    )
    bring_ = actions.add_parser("import", help="plan an import, or with --yes carry it out")
    bring_.add_argument("package")
    bring_.add_argument("--yes", action="store_true", help="write what the plan says")
    bring_.add_argument("--all", action="store_true", help="show every line of the plan")
    bring_.add_argument("--json", action="store_true")
    out = actions.add_parser("export", help="write a district as a package")
    out.add_argument("district", help="label or code")
    out.add_argument("folder", type=Path)
    diff = actions.add_parser("diff", help="what two packages, or a package and its district, say differently")
    diff.add_argument("package")
    diff.add_argument("other", nargs="?", help="a second package; without it the district as it is now")
    diff.add_argument("--json", action="store_true")
    docs = actions.add_parser("docs", help="a printable sheet for legal review")
    docs.add_argument("package")
    docs.add_argument("--out", type=Path, help="the file to write; without it the sheet is printed")
    docs.add_argument("--text", action="store_true", help="plain text instead of HTML")
    _new_arguments(actions.add_parser("new", help="begin a package: asked for what is not given"))


def _new_arguments(new: argparse.ArgumentParser) -> None:
    new.add_argument("folder", type=Path)
    new.add_argument("--code", help="six digits, as 320102")
    new.add_argument("--label", help="host label, as xuanwu")
    new.add_argument("--name", help="the name in Chinese")
    new.add_argument("--name-en", help="the name in English")
    new.add_argument("--city", default="", help="the city in Chinese")
    new.add_argument("--subdistricts", help="names with commas between; two invented ones if left out")
    new.add_argument("--communities", type=int, default=2, help="in each sub-district (default 2)")
    new.add_argument("--grids", type=int, default=2, help="in each community (default 2)")
    new.add_argument("--outline", type=Path, help="a GeoJSON file with the district's border, WGS 84")
    new.add_argument("--centre", help="lon,lat of the middle of a square that stands in for the border")


def run(args: argparse.Namespace) -> int:
    act = {"check": _check, "import": _import, "export": _export, "diff": _diff, "docs": _docs, "new": _new}
    try:
        return act[args.action](args)
    except Refused as refused:
        raise Trouble(mending.told(refused)) from refused


def _folder(named: str) -> Path:
    """A folder as given, else a shipped package by its name."""
    path = Path(named)
    if (path / "package.yaml").exists() or "/" in named or path.is_dir():
        return path.resolve()
    return folder_of(named)


def _check(args: argparse.Namespace) -> int:
    failed = 0
    for name in [args.package] if args.package else known():
        folder = _folder(name)
        try:
            content = read_checked(folder)
        except Refused as refused:
            failed += 1
            print(mending.told(refused), file=sys.stderr)
            continue
        told = f"{len(content.areas)} areas, {len(content.units)} units, {len(content.posts)} posts"
        print(f"{folder.name}: no problem. {told}, {sum(len(row['items']) for row, _ in content.lists)} items.")
        for code, left in gaps(content).items():
            print(f"  {code}: {left} m² are covered by none of its parts")
    return int(failed > 0)


def _import(args: argparse.Namespace) -> int:
    folder = _folder(args.package)
    content = read_checked(folder)
    facts = content.value("package")
    place = District.objects.filter(code=facts["code"]).first()
    if place is None and not args.yes:
        return _tell_new(content, args.json)
    place = place or demo.create(facts)
    with tqdm(unit=" step", desc=folder.name, delay=2, leave=False, disable=None) as bar:

        def report(line: str) -> None:
            bar.set_postfix_str(line, refresh=False)
            bar.update()

        brought = bring(folder, place, yes=args.yes, report=report)
    if args.yes and place.demo:
        with district(place):
            demo.open_accounts()
    _tell(brought, args)
    return 0


def _tell_new(content: Content, as_json: bool) -> int:
    facts = content.value("package")
    counts = {"areas": len(content.areas), "units": len(content.units), "posts": len(content.posts)}
    counts |= {"people": len(content.people), "lists": len(content.lists)}
    if as_json:
        print(json.dumps({"district": facts["code"], "new": True, "added": counts}, ensure_ascii=False))
        return 0
    print(f"{facts['name']} ({facts['code']}) is not here yet; --yes makes it and adds")
    print(", ".join(f"{count} {name}" for name, count in counts.items()) + ".")
    return 0


def _tell(brought: Brought, args: argparse.Namespace) -> None:
    summary = brought.summary()
    if args.json:
        lines = [
            {"table": row.table, "what": row.what, "code": row.code, "fields": row.fields} for row in brought.lines
        ]
        print(json.dumps({"done": args.yes, "summary": summary, "lines": lines}, ensure_ascii=False))
        return
    if brought.is_empty:
        print("Nothing to do: the district is what the package says.")
        return
    shown: dict[tuple[str, str], int] = {}
    for line in brought.lines:
        shown[line.table, line.what] = shown.get((line.table, line.what), 0) + 1
        if args.all or shown[line.table, line.what] <= SHOWN:
            print(line)
    for table, counts in summary.items():
        print(f"{table}: " + ", ".join(f"{count} {what}" for what, count in counts.items()))
    print("Done." if args.yes else "Nothing is written yet; --yes carries it out.")


def _export(args: argparse.Namespace) -> int:
    with district(args.district) as place:
        written = export.write(place, args.folder)
    print(f"{len(written)} files written to {args.folder}")
    return 0


def _diff(args: argparse.Namespace) -> int:
    """Exit code 1 if they differ, as diff has it."""
    content = read_checked(_folder(args.package))
    other = read_checked(_folder(args.other)) if args.other else compare.as_it_is(content.value("package")["code"])
    lines = compare.differences(content, other)
    if args.json:
        print(json.dumps([line.__dict__ for line in lines], ensure_ascii=False))
    else:
        print("\n".join(str(line) for line in lines) or "No difference.")
    return int(bool(lines))


def _docs(args: argparse.Namespace) -> int:
    content = read_checked(_folder(args.package))
    text = sheet.text(content) if args.text else sheet.html(content)
    if args.out is None:
        print(text)
        return 0
    args.out.write_text(text, encoding="utf-8")
    print(f"{args.out}: {len(text):,} characters")
    return 0


def _new(args: argparse.Namespace) -> int:
    wanted = start.Wanted(
        code=_asked(args.code, "Division code, six digits", r"[0-9]{6}", "--code"),
        label=_asked(args.label, "Host label, small letters", r"[a-z][a-z0-9-]{0,38}", "--label"),
        name=_asked(args.name, "Name in Chinese", r"\S.*", "--name"),
        name_en=_asked(args.name_en, "Name in English", r"\S.*", "--name-en"),
        city=args.city,
        communities=args.communities,
        grids=args.grids,
    )
    if args.subdistricts:
        wanted.subdistricts = [name.strip() for name in re.split("[,，、]", args.subdistricts) if name.strip()]
    if args.outline:
        wanted.outline = _outline(args.outline)
    if args.centre:
        wanted.centre = _point(args.centre)
    written = start.begin(args.folder, wanted)
    print(f"{len(written)} files written to {args.folder}: {', '.join(written)}")
    print(f"Next: jiedao package import {args.folder} --yes; then open http://{wanted.label}.localhost:8000")
    return 0


def _asked(given: str | None, what: str, pattern: str, flag: str) -> str:
    """What was given, or what is typed in; a program that cannot be asked is told the flag."""
    while True:
        if given is None:
            if not sys.stdin.isatty():
                raise Trouble(f"{what}: give {flag}.")
            given = input(f"{what}: ").strip()
        if re.fullmatch(pattern, given):
            return given
        if not sys.stdin.isatty():
            raise Trouble(f"{flag} {given!r} does not fit: {what}.")
        print("That does not fit.")
        given = None


def _outline(path: Path) -> dict[str, Any]:
    try:
        found: Any = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise Trouble(f"{path} cannot be read as GeoJSON: {error}") from error
    while isinstance(found, dict) and found.get("type") not in ("Polygon", "MultiPolygon"):
        found = found.get("geometry") or next(iter(found.get("features", [])), None)
    if not isinstance(found, dict):
        raise Trouble(f"{path} holds no polygon.")
    return found


def _point(words: str) -> tuple[float, float]:
    try:
        lon, lat = (float(part) for part in re.split("[,，]", words))
    except ValueError as error:
        raise Trouble(f"--centre {words!r}: write longitude and latitude, as 118.80,32.05") from error
    return lon, lat
