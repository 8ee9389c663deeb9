"""Terms (词条): one word of a district's own, with what it means here."""

from typing import Any, ClassVar

from django.db import models

from jiedao.ground.db.rows import Row


class Term(Row):
    """A word from one of the district's tables. `facts` hold what the table says about it, as its package's schema has it.

    Tables: `slot` (A and B posts), `staff_kind` (编制类别), `station_kind` (常驻、机动, with shares of appraisal),
    `matter` (三事分流, with the level that settles it), `right` (职权), `site_kind`, `burden_kind`, `office` (which
    unit examines, which reviews the law, which decides), `grid_rule` (how grids are drawn and coded),
    `emergency` (the number to ring, with the words that call for it), `callback_rule` (how often, how soon again, the script).
    """

    table = models.CharField(max_length=20)
    code = models.CharField(max_length=40)
    name = models.CharField(max_length=120)
    name_en = models.CharField(max_length=160)
    facts = models.JSONField(default=dict)
    rank = models.IntegerField(default=0)
    source = models.CharField(max_length=200, blank=True)

    holds: ClassVar[dict[str, str]] = {"P0": "table code name name_en facts rank source"}

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["table", "code"], name="one_term_per_table_and_code")
        ]

    def __str__(self) -> str:
        return self.name


def terms(table: str) -> dict[str, Term]:
    """A table by code, in its order. Empty where the district has none. One query."""
    return {term.code: term for term in Term.objects.filter(table=table).order_by("rank", "code")}


def tables(*names: str) -> dict[str, dict[str, Term]]:
    """Several tables at once, each by code, in its order. One query."""
    found: dict[str, dict[str, Term]] = {name: {} for name in names}
    for term in Term.objects.filter(table__in=names).order_by("rank", "code"):
        found[term.table][term.code] = term
    return found


def fact(table: str, code: str, name: str, otherwise: Any = None) -> Any:
    """One fact of a term; `otherwise` if the district does not have the term or the fact."""
    term = Term.objects.filter(table=table, code=code).first()
    return term.facts.get(name, otherwise) if term else otherwise
