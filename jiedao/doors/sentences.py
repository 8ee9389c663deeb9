"""Sentences (拒绝用语): the table of `sentences.yaml`, read once: rule → status and both languages."""

from pathlib import Path
from typing import NamedTuple

import yaml


class Worded(NamedTuple):
    """A rule's HTTP status and its sentences, each in three parts: what did not happen · the fact · the next step."""

    status: int
    zh: str
    en: str


def _read() -> dict[str, Worded]:
    text = Path(__file__).with_suffix(".yaml").read_text(encoding="utf-8")
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    found = yaml.load(text, Loader=loader)  # noqa: S506 -- both loaders are safe ones
    return {rule: Worded(said["status"], said["zh"], said["en"]) for rule, said in found.items()}


SENTENCES: dict[str, Worded] = _read()
