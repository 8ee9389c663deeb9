"""Shape (形状): whether a document looks like a process definition at all, before anybody asks whether it makes sense.

A word that no definition knows is a fault here: `need:` for `needs:` would otherwise ask for nothing, silently.
"""

from typing import Any

from jsonschema import Draft202012Validator

MOST = 20

_word: dict[str, Any] = {"type": "string", "minLength": 1}
_words: dict[str, Any] = {"type": "array", "items": _word}
_some: dict[str, Any] = _words | {"minItems": 1}
_limit: dict[str, Any] = {
    "type": "object",
    "properties": {"within": _word, "source": _word},
    "additionalProperties": False,
}


def _named(values: dict[str, Any]) -> dict[str, Any]:
    """Codes and what stands under each."""
    return {"type": "object", "propertyNames": {"type": "string"}, "additionalProperties": values}


def _only(required: str = "", **parts: dict[str, Any]) -> dict[str, Any]:
    """These parts and no others."""
    return {"type": "object", "required": required.split(), "properties": parts, "additionalProperties": False}


_label: dict[str, Any] = _only(zh={"type": "string"}, en={"type": "string"})
_flag: dict[str, Any] = {"type": "boolean"}

_definition = _only(
    "process label opens_in opened_by counts_from states roles moves",
    process=_word,
    label=_label,
    source=_word,
    opens_in=_word,
    opens_with=_word,
    opened_by=_some,
    counts_from=_word,
    promise=_limit,
    reopen=_limit,
    remind_again_after=_word,
    asks_rating=_flag,
    pause=_only(cap=_word, reasons=_named(_label)),
    marks=_named(_label),
    questions=_named(_label),
    switches={"type": "object"},
    states=_named(_only("phase", phase=_word, label=_label, resident=_label, limit=_limit, pauses=_flag, end=_flag)),
    roles=_named(_only("standing", label=_label, standing=_word, posts=_words)),
    steps=_named(_only(moves=_word, limit=_limit, asked=_flag)),
    moves={
        "type": "array",
        "items": _only(
            "verb from by",
            verb=_word,
            **{"from": _words},
            to=_word,
            by=_words,
            needs=_words,
            when=_words,
            signed_by=_only(all=_some, any=_some) | {"minProperties": 1, "maxProperties": 1},
            opens=_words,
            label=_label,
            source=_word,
        ),
    },
)
_validator = Draft202012Validator(_definition)


def misshapen(data: Any) -> list[str]:
    """What does not look like a definition, each with its place, the first twenty. Empty if it may be read further."""
    found = []
    for fault in _validator.iter_errors(data):
        place = ".".join(str(step) for step in fault.absolute_path) or "definition"
        found.append(f"{place}: {fault.message[:200]}")
    return sorted(found)[:MOST]
