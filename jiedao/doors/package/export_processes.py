"""Exporting processes (导出流程): each as its differences from the shipped definition, or whole where words fail."""

from typing import Any

import yaml

from jiedao.doors.package import wording
from jiedao.doors.package.overrides import OPEN_PARTS, OPEN_TOP, Misfit, resolve, shipped
from jiedao.ground.districts.models import District
from jiedao.record.models import ProcessVersion


def processes(place: District) -> str:
    """The district's `processes.yaml`."""
    running = {row.code: row.document for row in ProcessVersion.objects.filter(retired_at=None)}
    changes: dict[str, dict[str, Any]] = {}
    whole: dict[str, Any] = {}
    for code in sorted(shipped()):
        if code not in running:
            continue
        found = differences(code, running[code])
        if _gives(code, found, running[code]):
            changes[code] = found
        else:
            whole[code] = yaml.load(running[code], yaml.CSafeLoader)
    without = [code for code in sorted(shipped()) if code not in running]
    told = "".join(f"  {code}:\n{_paths(found)}" for code, found in changes.items() if found)
    text = "# What this district's processes say differently (流程差异).\nprocesses:" + (
        f"\n{told}" if told else " {}\n"
    )
    text += f"without: {wording.plain(without)}\n" if without else ""
    return text + (f"whole:\n{wording.block(whole, 2)}" if whole else "")


def _paths(found: dict[str, Any]) -> str:
    return "".join(f"    {path}: {wording.plain(value)}\n" for path, value in found.items())


def _gives(code: str, found: dict[str, Any], document: str) -> bool:
    """Whether the differences lead to this very definition."""
    try:
        again = resolve(code, found).document
    except Misfit:
        return False
    return again == document or bool(yaml.load(again, yaml.CSafeLoader) == yaml.load(document, yaml.CSafeLoader))


def differences(code: str, document: str) -> dict[str, Any]:
    """Path → value, as `overrides` takes them."""
    text = shipped()[code].read_text(encoding="utf-8")
    if text == document:
        return {}
    ours, theirs = (yaml.load(one, yaml.CSafeLoader) for one in (text, document))
    found: dict[str, Any] = {}
    gone = [state for state in ours["states"] if state not in theirs["states"]]
    if gone:
        found["leave_out"] = gone
    found |= {top: theirs[top] for top in sorted(OPEN_TOP) if top in theirs and theirs[top] != ours.get(top)}
    for part, names in OPEN_PARTS.items():
        if part == "moves":
            found |= _moves(ours, theirs, names)
        elif not names:
            rows = theirs.get(part, {})
            found |= {f"{part}.{key}": rows[key] for key in rows if rows[key] != ours.get(part, {}).get(key)}
        elif part == "pause":
            rows = theirs.get(part, {})
            found |= {
                f"pause.{key}": rows[key] for key in names & rows.keys() if rows[key] != ours.get(part, {}).get(key)
            }
        else:
            found |= _named_lines(part, ours.get(part, {}), theirs.get(part, {}), names)
    return dict(sorted(found.items()))


def _named_lines(part: str, ours: dict[str, Any], theirs: dict[str, Any], names: set[str]) -> dict[str, Any]:
    return {
        f"{part}.{key}.{name}": row[name]
        for key, row in theirs.items()
        for name in sorted(names & row.keys())
        if key in ours and row[name] != ours[key].get(name)
    }


def _moves(ours: dict[str, Any], theirs: dict[str, Any], names: set[str]) -> dict[str, Any]:
    """A line that every move of a verb has alike now and had otherwise before."""
    found = {}
    for verb in dict.fromkeys(move["verb"] for move in theirs["moves"]):
        now = [move for move in theirs["moves"] if move["verb"] == verb]
        was = [move for move in ours["moves"] if move["verb"] == verb]
        for name in sorted(names):
            values = [move.get(name) for move in now]
            if (
                values[0] is not None
                and all(v == values[0] for v in values)
                and any(m.get(name) != values[0] for m in was)
            ):
                found[f"moves.{verb}.{name}"] = values[0]
    return found
