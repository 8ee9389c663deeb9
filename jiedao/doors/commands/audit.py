"""Recompute every chain and seal of every district (审计核验)."""

import argparse
import json
import time

from jiedao.doors.keep import places
from jiedao.doors.watch import notes
from jiedao.ground.db.home import Trouble
from jiedao.ground.districts import district
from jiedao.ground.districts.models import District
from jiedao.ground.journal.models import Seal
from jiedao.record import audit

EXAMPLES = """
  jiedao audit verify                     every district; what the nightly timer calls
  jiedao audit verify --district gulou
  jiedao audit verify --json
exit code: 0 every chain and seal holds, 1 some do not
For one case: jiedao verify --district gulou --case 26-00012
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("what", choices=["verify"])
    parser.add_argument("--district", default="", help="label or code; without it, all of them")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--quietly", action="store_true", help="leave no note for `jiedao watch` (of a copy, say)")


def run(args: argparse.Namespace) -> int:
    wanted = (
        [args.district] if args.district else list(District.objects.order_by("code").values_list("label", flat=True))
    )
    found = []
    for name in wanted:
        began = time.monotonic()
        with district(name) as place:
            result = audit.verify_all()
            result.faults += _not_in_backup(place) if not args.quietly else []
        found.append(
            {"district": place.label, "cases": result.cases, "entries": result.entries, "faults": result.faults}
        )
        if not args.json:
            _tell(found[-1], time.monotonic() - began)
    faults = sum(len(one["faults"]) for one in found)
    if args.json:
        print(json.dumps(found, ensure_ascii=False))
    elif faults:
        print(f"{faults:,} faults. Next: leave everything as it is, tell the auditor, and compare with a backup:")
        print("  jiedao backup list; docs/operations.md, section on alarms, `chains`")
    else:
        print(f"Every chain and seal of {len(found)} districts holds.")
    if not args.quietly and not args.district:
        notes.write("verify", well=not faults, said=f"{faults} faults")
    return int(bool(faults))


def _not_in_backup(place: District) -> list[str]:
    """The newest backup names the last seal of its day: a third place outside, beside the folders seals go to."""
    try:
        kept = places.find("latest").districts
    except Trouble:
        return []
    number, root = next((one["seal"] for one in kept if one["schema"] == place.schema_name), (0, ""))
    row = Seal.objects.filter(seq=number).first() if number else None
    if number and (row is None or bytes(row.hash).hex() != root):
        return [f"seal {number} is not the one that the newest backup names"]
    return []


def _tell(one: dict[str, object], seconds: float) -> None:
    faults = list(one["faults"])  # type: ignore[call-overload]
    for fault in faults[:100]:
        print(f"  {fault}")
    print(
        f"{one['district']}: {one['cases']:,} cases, {one['entries']:,} entries, {len(faults):,} faults in {seconds:.1f} s"
    )
