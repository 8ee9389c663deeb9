"""Refusals (拒绝): a rule that said no, by name and with its facts; the words are chosen at the doors."""

from typing import Any


class Refused(Exception):
    """A rule stopped the act and nothing was written.

    `rule` names the rule, `facts` are what its sentence needs (plain values, JSON-ready). `doors/words.py`
    holds the sentence in both languages and the status code.
    """

    def __init__(self, rule: str, **facts: Any) -> None:
        super().__init__(rule, facts)
        self.rule = rule
        self.facts = facts

    def __str__(self) -> str:
        told = ", ".join(f"{name}={value!r}" for name, value in self.facts.items())
        return f"{self.rule}({told})"


class Absent(Exception):
    """Not there, or not in the actor's sight: from outside the two are the same."""
