"""The tables of the record (案卷的表)."""

from jiedao.record.models.case import Case, Event
from jiedao.record.models.deadline import Deadline, Pause, Ring
from jiedao.record.models.entry import Attachment, Effect, Entry, Words
from jiedao.record.models.findable import Findable
from jiedao.record.models.order import Assignment, DispatchOrder
from jiedao.record.models.precedent import Precedent
from jiedao.record.models.process import ProcessVersion
from jiedao.record.models.result import Check, Rating

__all__ = [
    "Assignment",
    "Attachment",
    "Case",
    "Check",
    "Deadline",
    "DispatchOrder",
    "Effect",
    "Entry",
    "Event",
    "Findable",
    "Pause",
    "Precedent",
    "ProcessVersion",
    "Rating",
    "Ring",
    "Words",
]
