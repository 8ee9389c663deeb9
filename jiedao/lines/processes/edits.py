"""Edits (流程修改): one line of a definition changed, added or left out. Pure: a document goes in, another comes out.

A line is named by its part and its key: a state, role, step or reason of a pause by its code, a move by its place in the
table, `frame` for what stands above the tables. What comes out may have problems; `definition.problems` names them.
"""

import copy
from collections.abc import Callable
from typing import Any

import yaml

from jiedao.kit.refusal import Refused

Data = dict[str, Any]
Values = dict[str, Any]

LABELLED = ("label", "resident")


class _Dumper(yaml.CSafeDumper):
    def ignore_aliases(self, data: Any) -> bool:
        """What is published is read by people: no anchors in it."""
        return True


def load(document: str) -> Data:
    """The document as data. Refuses `bad_definition` for what is no YAML mapping."""
    try:
        data = yaml.load(document, yaml.CSafeLoader)
    except (yaml.YAMLError, RecursionError) as broken:
        raise Refused("bad_definition", problems=[f"not YAML: {str(broken)[:200]}"]) from None
    if not isinstance(data, dict):
        raise Refused("bad_definition", problems=["not a definition"])
    return data


def dump(data: Data) -> str:
    """The data as a document, in the order in which it was written."""
    return yaml.dump(data, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=120)


def edit(document: str, part: str, key: str, values: Values) -> str:
    """The document with one line changed; a key that is not there adds one. Refuses `no_such_line`."""
    data = copy.deepcopy(load(document))
    editor = _EDITORS.get(part)
    if editor is None:
        raise Refused("no_such_line", part=part, key=key)
    editor(data, key, values)
    return dump(data)


def leave_out(document: str, part: str, key: str) -> str:
    """The document without a line. A state takes the moves that lead to it along. Refuses `no_such_line`."""
    data = copy.deepcopy(load(document))
    if part == "moves":
        del data["moves"][_place(data, key)]
    elif part == "states":
        drop_state(data, key)
    else:
        lines = _lines(data, part)
        if key not in lines:
            raise Refused("no_such_line", part=part, key=key)
        del lines[key]
    return dump(data)


def drop_state(data: Data, code: str) -> None:
    """Takes a state and the moves that lead to it out of the data. Refuses `no_such_line`."""
    if code not in data["states"]:
        raise Refused("no_such_line", part="states", key=code)
    del data["states"][code]
    kept = []
    for move in data["moves"]:
        if move.get("to") == code:
            continue
        move["from"] = [state for state in move["from"] if state != code]
        if move["from"]:
            kept.append(move)
    data["moves"] = kept


def _frame(data: Data, key: str, values: Values) -> None:
    """What stands above the tables: name, promise, window to reopen, reminders, cap of pauses."""
    for name in ("label", "promise", "reopen", "remind_again_after", "asks_rating", "counts_from", "opened_by"):
        if name in values:
            _set(data, name, values[name])
    if "cap" in values:
        _set(data.setdefault("pause", {"cap": "", "reasons": {}}), "cap", values["cap"])


def _state(data: Data, key: str, values: Values) -> None:
    _line(data["states"], key, values, ("phase", "label", "resident", "limit", "pauses", "end"))


def _role(data: Data, key: str, values: Values) -> None:
    _line(data["roles"], key, values, ("label", "standing", "posts"))


def _step(data: Data, key: str, values: Values) -> None:
    _line(data.setdefault("steps", {}), key, values, ("moves", "limit", "asked"))


def _reason(data: Data, key: str, values: Values) -> None:
    reasons = data.setdefault("pause", {}).setdefault("reasons", {})
    reasons[_code(key)] = values["label"]


def _move(data: Data, key: str, values: Values) -> None:
    """A line of the table of moves. A new one goes behind the last of its verb, so that the table stays in order."""
    if key:
        line = data["moves"][_place(data, key)]
    else:
        line = {"verb": values.get("verb", ""), "from": [], "by": []}
        same = [n for n, move in enumerate(data["moves"]) if move["verb"] == line["verb"]]
        data["moves"].insert(same[-1] + 1 if same else len(data["moves"]), line)
    for name in ("from", "to", "by", "needs", "when", "signed_by", "label", "source"):
        if name in values:
            _set(line, name, values[name], keep=name in ("from", "by"))


_EDITORS: dict[str, Callable[[Data, str, Values], None]] = {
    "frame": _frame,
    "states": _state,
    "roles": _role,
    "steps": _step,
    "reasons": _reason,
    "moves": _move,
}


def _line(lines: dict[str, Any], key: str, values: Values, names: tuple[str, ...]) -> None:
    line = lines.setdefault(_code(key), {})
    for name in names:
        if name in values:
            _set(line, name, values[name])


def _set(line: dict[str, Any], name: str, value: Any, *, keep: bool = False) -> None:
    """Empty means that the line does not say it, except where it must, or where silence means yes."""
    if value in (None, "", [], {}, False) and not keep and name not in ("asks_rating", "asked"):
        line.pop(name, None)
    else:
        line[name] = value


def _lines(data: Data, part: str) -> dict[str, Any]:
    lines = data.get("pause", {}).get("reasons", {}) if part == "reasons" else data.get(part, {})
    return lines if isinstance(lines, dict) else {}


def _place(data: Data, key: str) -> int:
    if not key.isascii() or not key.isdigit() or int(key) >= len(data["moves"]):
        raise Refused("no_such_line", part="moves", key=key)
    return int(key)


def _code(key: str) -> str:
    """A code of a line: small letters, digits and `_`, so that it can stand in an entry and an address."""
    if (
        not (key.isascii() and key.replace("_", "").isalnum() and key[:1].isalpha() and key == key.lower())
        or len(key) > 40
    ):
        raise Refused("bad_code", code=key[:60])
    return key
