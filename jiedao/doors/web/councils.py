"""Panels of councils (会商材料): the papers of an application or the question under a right, beside its case."""

from typing import Any

from jiedao.doors.web import admission_words
from jiedao.kit.refusal import Absent
from jiedao.lines.admission import actions, rules
from jiedao.lines.rights import actions as rights
from jiedao.record.models import Case


def panel(case: Case) -> dict[str, Any] | None:
    """What the case page shows in place of duty and place. None for a case that is no council's."""
    code = case.process.definition.code
    if code == actions.PROCESS:
        try:
            row = actions.of_case(case)
        except Absent:
            return None
        signs = [admission_words.sign(one) for one in rules.signs(row, case.process.definition)]
        return {"papers": row, "signs": signs, "aim": admission_words.aims()[row.aim]}
    if code == rights.PROCESS and (use := rights.of(case)):
        return {"use": use, "right": rights.rights().get(use.right)}
    return None
