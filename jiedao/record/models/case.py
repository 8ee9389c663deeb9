"""Event and case (事件、案件): what somebody saw or asked, and the file it opens."""

from typing import TYPE_CHECKING, Any, ClassVar
from uuid import UUID

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q

from jiedao.ground.db.rows import Row
from jiedao.ground.duties.models import DutyItem
from jiedao.ground.people.models import Unit
from jiedao.ground.places.models import Area
from jiedao.record import reading
from jiedao.record.models.process import ProcessVersion

if TYPE_CHECKING:
    from jiedao.record.models.order import Assignment, DispatchOrder

_ASSIGNED = "t.dropped_at IS NULL AND t.order_id IN (SELECT id FROM record_dispatchorder WHERE case_id = $1)"


class Case(Row):
    """The file (案件): running state, written by `flow` alone and rebuildable from its entries.

    `words` are the first event's, masked. `units` hold every unit that has or had an order, with all units above
    it: whoever works there may see the case. `reported` holds the units a complaint is about: they never may.
    `holder` is who has it now. `seq` and `head` are the last entry's number and hash.
    """

    class Kind(models.TextChoices):
        FINDING = "finding"
        HELP = "help"
        CONSULT = "consult"
        COMPLAINT = "complaint"
        DENUNCIATION = "denunciation"
        SUGGESTION = "suggestion"

    number = models.CharField(max_length=20, unique=True)
    process = models.ForeignKey(ProcessVersion, models.PROTECT, related_name="+")
    state = models.CharField(max_length=40)
    phase = models.CharField(max_length=12)
    kind = models.CharField(max_length=12, choices=Kind, default=Kind.FINDING)
    matter = models.CharField(max_length=40, blank=True)
    channel = models.CharField(max_length=20)
    title = models.CharField(max_length=200)
    words = models.TextField(blank=True)
    item = models.ForeignKey(DutyItem, models.PROTECT, null=True, related_name="+", db_index=False)
    routing = models.JSONField(default=dict)
    lon = models.FloatField(null=True)
    lat = models.FloatField(null=True)
    address = models.CharField(max_length=200, blank=True)
    area = models.ForeignKey(Area, models.PROTECT, null=True, related_name="+", db_index=False)
    area_path = models.CharField(max_length=100, blank=True, db_collation="C")
    units = ArrayField(models.UUIDField(), default=list)
    reported_units = ArrayField(models.UUIDField(), default=list)
    reported_nobody = models.BooleanField(default=False)
    reporters = ArrayField(models.UUIDField(), default=list)
    has_caller = models.BooleanField(default=False)
    may_ring = models.BooleanField(default=False)
    caller_mask = models.CharField(max_length=60, blank=True)
    from_unit = models.ForeignKey(Unit, models.PROTECT, null=True, related_name="+", db_index=False)
    holder = models.ForeignKey(Unit, models.PROTECT, null=True, related_name="+", db_index=False)
    held_since = models.DateTimeField(null=True)
    parent = models.ForeignKey("self", models.PROTECT, null=True, related_name="children", db_index=False)
    grown_from = models.ForeignKey("record.DispatchOrder", models.PROTECT, null=True, related_name="+", db_index=False)
    merged_into = models.ForeignKey("self", models.PROTECT, null=True, related_name="merged", db_index=False)
    severity = models.SmallIntegerField(default=0)
    marks = models.JSONField(default=dict)
    limit = models.CharField(max_length=40, blank=True)
    opened_at = models.DateTimeField()
    filed_at = models.DateTimeField(null=True)
    due_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    imported = models.BooleanField(default=False)
    seq = models.IntegerField(default=0)
    head = models.BinaryField(max_length=32, default=bytes)

    holds: ClassVar[dict[str, str]] = {
        "P0": "number process state phase kind matter channel item routing area area_path limit",
        "P1": "title words lon lat address units reported_units reported_nobody reporters has_caller may_ring "
        "from_unit holder held_since parent grown_from merged_into severity marks opened_at filed_at due_at closed_at "
        "imported",
        "P2": "caller_mask",
        "I": "seq head",
    }

    class Meta:
        # Every report and every move writes into each of these; relations that nothing asks for have none.
        indexes: ClassVar[list[models.Index]] = [
            # What the filters of a work list ask is in it, so that a page and its count read no row they do not show.
            models.Index(
                fields=["phase", "due_at"],
                include=["id", "kind", "severity", "state", "process", "holder", "area_path", "reported_units"],
                name="case_running",
                condition=~Q(phase="closed"),
            ),
            models.Index(fields=["state", "due_at"], name="case_state_due"),
            models.Index(fields=["area_path", "phase"], name="case_area_phase"),
            models.Index(fields=["holder", "phase", "due_at"], name="case_holder_due"),
            models.Index(fields=["-opened_at"], name="case_opened"),
            # Open and without an item: few, and asked for together.
            models.Index(fields=["opened_at"], name="case_homeless", condition=Q(item=None, closed_at=None)),
            models.Index(fields=["item", "opened_at"], name="case_item", condition=Q(item__isnull=False)),
            models.Index(fields=["lat", "lon"], name="case_point", condition=~Q(phase="closed")),
            # What was reported around a place before, closed or not: asked on every page of a case.
            models.Index(fields=["lat", "lon"], name="case_place", condition=Q(lat__isnull=False)),
            models.Index(fields=["parent"], name="case_parent", condition=Q(parent__isnull=False)),
            models.Index(fields=["merged_into"], name="case_merged_into", condition=Q(merged_into__isnull=False)),
            models.Index(fields=["from_unit"], name="case_from_unit", condition=Q(from_unit__isnull=False)),
            GinIndex(fields=["units"], name="case_units"),
            # What residents report has no reporter of ours, and costs nothing here.
            GinIndex(fields=["reporters"], name="case_reporters", condition=~Q(reporters=[])),
        ]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=Q(phase="closed", closed_at__isnull=False) | (~Q(phase="closed") & Q(closed_at=None)),
                name="a_closed_case_knows_when",
            ),
            models.CheckConstraint(condition=~Q(merged_into=models.F("id")), name="no_case_merges_into_itself"),
        ]

    def __str__(self) -> str:
        return self.number

    def held_orders(self) -> "list[DispatchOrder]":
        """The orders, read once while the case is held; `orders.send` adds what it makes."""
        rows: list[DispatchOrder] | None = getattr(self, "_orders", None)
        if rows is None:
            [rows] = reading.answers(self.orders_of("$1", self.id))
            self._orders = rows
        return rows

    @classmethod
    def orders_of(cls, case: str, value: Any) -> reading.Question:
        """The question for the orders of a case, which an expression names by one value."""
        condition = f"t.case_id = {case} ORDER BY t.sent_at, t.id"
        return reading.Question(cls.orders.rel.related_model, condition, [value], to=("unit", "item"))

    def held_assignments(self) -> "list[Assignment]":
        """Who goes to it now, read once."""
        rows: list[Assignment] | None = getattr(self, "_assigned", None)
        if rows is None:
            [rows] = reading.answers(self.assigned_to(self.id))
            self._assigned = rows
        return rows

    @classmethod
    def assigned_to(cls, case_id: UUID) -> reading.Question:
        """The question for who goes to a case."""
        orders: Any = cls.orders.rel.related_model
        return reading.Question(orders.assignments.rel.related_model, _ASSIGNED, [case_id])

    @property
    def shielded(self) -> bool:
        """A complaint or report: the handling side never learns who it came from (R7)."""
        return self.kind in (self.Kind.COMPLAINT, self.Kind.DENUNCIATION)


class Event(Row):
    """What somebody saw or asked (事件), masked. Several may make one case; who reported is in `people.Contact`.

    `source_key` is the number the other system gave it. `code_hash` opens the resident's page together with the
    case's number. `raw` keeps what came in about the place, with its coordinate system, and nothing personal.
    """

    class Channel(models.TextChoices):
        RESIDENT = "resident"
        GRID = "grid"
        PATROL = "patrol"
        HOTLINE = "hotline"
        COMMUNITY = "community"
        DEPARTMENT = "department"
        WINDOW = "window"
        PETITION = "petition"
        CAMERA = "camera"
        PLATFORM = "platform"
        IMPORT = "import"

    case = models.ForeignKey(Case, models.PROTECT, related_name="events")
    channel = models.CharField(max_length=20, choices=Channel)
    source = models.CharField(max_length=40, blank=True)
    source_key = models.CharField(max_length=80, blank=True)
    at = models.DateTimeField()
    received_at = models.DateTimeField()
    words = models.TextField()
    address = models.CharField(max_length=200, blank=True)
    lon = models.FloatField(null=True)
    lat = models.FloatField(null=True)
    raw = models.JSONField(default=dict)
    caller_mask = models.CharField(max_length=60, blank=True)
    code_hash = models.BinaryField(max_length=32, null=True)
    subject_id = models.UUIDField(null=True)
    person_id = models.UUIDField(null=True)

    append_only = True
    worker_may_clear = "caller_mask subject_id code_hash words address lon lat raw"
    holds: ClassVar[dict[str, str]] = {
        "P1": "case channel source source_key at received_at words address lon lat raw person_id",
        "P2": "caller_mask subject_id",
        "P3": "code_hash",
    }

    class Meta:
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["subject_id"], name="event_subject")]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["source", "source_key"], condition=~Q(source_key=""), name="one_event_per_foreign_number"
            )
        ]
