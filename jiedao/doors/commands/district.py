"""Create and list districts (区)."""

import argparse
import json
import re

from jiedao.ground.db.home import Trouble
from jiedao.ground.db.schemas import create_district
from jiedao.ground.districts.models import District

EXAMPLES = """
  jiedao district create 320106 gulou --name 鼓楼区 --name-en "Gulou District"
  jiedao district list --json
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", required=True)
    create = actions.add_parser("create", help="a schema, a host name and a row; one that exists is brought up to date")
    create.add_argument("code", help="the six-digit division code, 320106")
    create.add_argument("label", help="the host label, gulou")
    create.add_argument("--name", help="the name in Chinese (default: the label)")
    create.add_argument("--name-en", default="", help="the name in English")
    listing = actions.add_parser("list", help="the districts of this installation")
    listing.add_argument("--json", action="store_true")


def run(args: argparse.Namespace) -> int:
    return _create(args) if args.action == "create" else _list(args.json)


def _create(args: argparse.Namespace) -> int:
    if not re.fullmatch(r"[0-9]{6}", args.code):
        raise Trouble(f"{args.code!r} is no division code; it has six digits, as 320106.")
    if not re.fullmatch(r"[a-z][a-z0-9-]{0,38}", args.label):
        raise Trouble(f"{args.label!r} is no host label; use small letters, digits and hyphens, as gulou.")
    rival = District.objects.filter(label=args.label).exclude(code=args.code).first()
    if rival:
        raise Trouble(f"The label {args.label} is taken by {rival.name} ({rival.code}). Choose another label.")
    place = create_district(args.code, args.label, name=args.name or args.label, name_en=args.name_en)
    print(f"{place.name} ({place.code}) answers at {place.label}.<host>; its schema is {place.schema_name}.")
    return 0


def _list(as_json: bool) -> int:
    rows = list(District.objects.order_by("code").values("code", "label", "name", "name_en", "schema_name"))
    if as_json:
        print(json.dumps(rows, ensure_ascii=False))
        return 0
    for row in rows:
        print(f"{row['code']}  {row['label']:<12}  {row['name']}  {row['name_en']}")
    if not rows:
        print("No districts yet. Make one: jiedao district create 320106 gulou")
    return 0
