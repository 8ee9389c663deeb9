"""Orders and assignments (派单、指派): one unit's turn, and who of the unit goes."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from jiedao.ground.db.rows import Row
from jiedao.ground.duties.models import DutyItem
from jiedao.ground.people.models import Person, Post, Unit
from jiedao.record.models.case import Case

OPEN = Q(answered_at=None, returned_at=None, recalled_at=None)


class OrderQuerySet(models.QuerySet["DispatchOrder"]):
    def open(self) -> "OrderQuerySet":
        """Not answered, not returned, not recalled."""
        return self.filter(OPEN)


class DispatchOrder(Row):
    """One unit's turn on a case (派单): its steps are times on this row, the definition says which are asked.

    `limit` is what was printed on it, empty where item or process decide. `no_return` after a ruling. Who is `heard`
    gives an opinion: no work is passed on with such an order, and no rate counts it.
    """

    class Role(models.TextChoices):
        LEAD = "lead"
        HELPER = "helper"
        HEARD = "heard"

    case = models.ForeignKey(Case, models.PROTECT, related_name="orders")
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="+", db_index=False)
    sender = models.ForeignKey(Unit, models.PROTECT, null=True, related_name="+", db_index=False)
    role = models.CharField(max_length=8, choices=Role)
    round = models.SmallIntegerField(default=1)
    item = models.ForeignKey(DutyItem, models.PROTECT, null=True, related_name="+", db_index=False)
    limit = models.CharField(max_length=40, blank=True)
    why = models.JSONField(default=dict)
    sent_at = models.DateTimeField()
    acknowledged_at = models.DateTimeField(null=True)
    contacted_at = models.DateTimeField(null=True)
    arrived_at = models.DateTimeField(null=True)
    answered_at = models.DateTimeField(null=True)
    returned_at = models.DateTimeField(null=True)
    recalled_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=20, blank=True)
    answered_by = models.UUIDField(null=True)
    no_return = models.BooleanField(default=False)
    deferred_at = models.DateTimeField(null=True)
    extension_asked_at = models.DateTimeField(null=True)
    extension_limit = models.CharField(max_length=40, blank=True)
    extension_decided_at = models.DateTimeField(null=True)
    extension_granted = models.BooleanField(null=True)
    objected_at = models.DateTimeField(null=True)
    ruled_at = models.DateTimeField(null=True)
    due_at = models.DateTimeField(null=True)

    objects = OrderQuerySet.as_manager()

    holds: ClassVar[dict[str, str]] = {
        "P1": "case unit sender role round item limit why sent_at acknowledged_at contacted_at arrived_at answered_at "
        "returned_at recalled_at outcome answered_by no_return deferred_at extension_asked_at extension_limit "
        "extension_decided_at extension_granted objected_at ruled_at due_at"
    }

    class Meta:
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["unit", "due_at"], name="order_unit_due", condition=OPEN),
            models.Index(fields=["unit", "sent_at"], name="order_unit_sent"),
            models.Index(fields=["item", "sent_at"], name="order_item", condition=Q(item__isnull=False)),
        ]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["case", "unit"], condition=OPEN, name="one_open_order_per_unit"),
            models.UniqueConstraint(fields=["case"], condition=OPEN & Q(role="lead"), name="one_open_lead_per_case"),
            models.CheckConstraint(
                condition=Q(answered_at=None, returned_at=None)
                | Q(answered_at=None, recalled_at=None)
                | Q(returned_at=None, recalled_at=None),
                name="an_order_ends_once",
            ),
            models.CheckConstraint(
                condition=Q(answered_at=None) | Q(answered_at__gte=models.F("sent_at")),
                name="an_answer_follows_its_order",
            ),
        ]

    @property
    def is_open(self) -> bool:
        return self.answered_at is None and self.returned_at is None and self.recalled_at is None


class Assignment(Row):
    """Who of the unit goes (指派): asked, accepted, under way, on site, done."""

    order = models.ForeignKey(DispatchOrder, models.PROTECT, related_name="assignments")
    post = models.ForeignKey(Post, models.PROTECT, null=True, related_name="+")
    person = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    asked_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True)
    under_way_at = models.DateTimeField(null=True)
    on_site_at = models.DateTimeField(null=True)
    done_at = models.DateTimeField(null=True)
    dropped_at = models.DateTimeField(null=True)

    holds: ClassVar[dict[str, str]] = {
        "P1": "order post person asked_at accepted_at under_way_at on_site_at done_at dropped_at"
    }
