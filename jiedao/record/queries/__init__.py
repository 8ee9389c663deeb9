"""Queries (查询): work lists, counts, the story of a case. Reads only, hand-tuned, the same number whatever the rows."""

from jiedao.record.definition import Definition
from jiedao.record.queries import titles
from jiedao.record.queries.centre import command_centre, next_due
from jiedao.record.queries.desk import OrderRow, Orders
from jiedao.record.queries.near import Near, around, duplicates
from jiedao.record.queries.reminders import Reminded, reminded
from jiedao.record.queries.rulings import Ruled, precedents
from jiedao.record.queries.scope import Count, counts, definitions, in_force, seen_by
from jiedao.record.queries.story import (
    Line,
    Seen,
    Signing,
    Story,
    Turn,
    checks_of,
    looked_lately,
    looks,
    prefetched_orders,
    related,
    reported_units,
    signings,
    since,
    story,
)
from jiedao.record.queries.whistles import WhistleOrder, quarter, whistle_orders
from jiedao.record.queries.worklists import (
    NEWEST,
    PAGE,
    SUPERVISION,
    TRIAGE,
    CaseRow,
    Listing,
    Lists,
    case_rows,
)

__all__ = [
    "NEWEST",
    "PAGE",
    "SUPERVISION",
    "TRIAGE",
    "CaseRow",
    "Count",
    "Definition",
    "Line",
    "Listing",
    "Lists",
    "Near",
    "OrderRow",
    "Orders",
    "Reminded",
    "Ruled",
    "Seen",
    "Signing",
    "Story",
    "Turn",
    "WhistleOrder",
    "around",
    "case_rows",
    "checks_of",
    "command_centre",
    "counts",
    "definitions",
    "duplicates",
    "in_force",
    "looked_lately",
    "looks",
    "next_due",
    "precedents",
    "prefetched_orders",
    "quarter",
    "related",
    "reminded",
    "reported_units",
    "seen_by",
    "signings",
    "since",
    "story",
    "titles",
    "whistle_orders",
]
