"""Admission (准入): applications, what was admitted, what came down with it, attempts at the gate, burdens, demands."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from jiedao.ground.db.rows import Row
from jiedao.ground.duties.models import DutyItem
from jiedao.ground.people.models import Person, Post, Unit
from jiedao.record.models import Case


class Application(Row):
    """The papers of one application (准入申请), one-to-one with its case. Corrected while the case allows it, then kept.

    `aim` says what is applied for: something new; a review, a change, the withdrawal of what was admitted. `receivers`
    are codes of the units that would get the work, empty for all of the level. `people` and `money` (yuan a year) go to
    each of them. `list_code` is the list the item is to stand on.
    """

    class Aim(models.TextChoices):
        NEW = "new"
        REVIEW = "review"
        CHANGE = "change"
        WITHDRAW = "withdraw"

    basis = models.JSONField(default=list)
    case = models.OneToOneField(Case, models.PROTECT, related_name="+")
    aim = models.CharField(max_length=8, choices=Aim, default=Aim.NEW)
    applicant = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    level = models.CharField(max_length=12, choices=Unit.Level)
    receivers = ArrayField(models.CharField(max_length=20), default=list)
    list_code = models.CharField(max_length=40)
    item_code = models.CharField(max_length=40)
    name = models.CharField(max_length=120)
    name_en = models.CharField(max_length=160, blank=True)
    type = models.CharField(max_length=12, choices=DutyItem.Type, blank=True)
    why = models.TextField()
    object = models.CharField(max_length=200)
    procedure = models.TextField()
    limit = models.CharField(max_length=40, blank=True)
    result = models.CharField(max_length=200)
    people = models.PositiveIntegerField(default=0)
    money = models.DecimalField(max_digits=14, decimal_places=2, default=0)
    technique = models.TextField()
    training = models.TextField()
    start_on = models.DateField()
    applied_at = models.DateTimeField()
    corrected_at = models.DateTimeField(null=True)

    holds: ClassVar[dict[str, str]] = {
        "P1": "basis case aim applicant level receivers list_code item_code name name_en type why object procedure limit "
        "result people money technique training start_on applied_at corrected_at"
    }

    class Meta:
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["applicant", "-applied_at"], name="apply_unit")]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(condition=Q(money__gte=0), name="nobody_applies_to_take_money")
        ]


class Admitted(Row):
    """An admitted item (准入事项): on which list since when, by which case, and when it is looked at again."""

    class State(models.TextChoices):
        RUNNING = "running"
        REVIEWED = "reviewed"
        ADJUSTED = "adjusted"
        WITHDRAWN = "withdrawn"

    case = models.ForeignKey(Case, models.PROTECT, related_name="+")
    applicant = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    level = models.CharField(max_length=12, choices=Unit.Level)
    list_code = models.CharField(max_length=40)
    item_code = models.CharField(max_length=40)
    name = models.CharField(max_length=120)
    name_en = models.CharField(max_length=160, blank=True)
    state = models.CharField(max_length=10, choices=State, default=State.RUNNING)
    since = models.DateField()
    review_on = models.DateField()
    ended_on = models.DateField(null=True)

    holds: ClassVar[dict[str, str]] = {
        "P0": "level list_code item_code name name_en state since review_on ended_on",
        "P1": "case applicant",
    }

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["item_code", "level"], condition=Q(ended_on=None), name="one_admission_per_item_and_level"
            )
        ]


class HandOver(Row):
    """What comes down with work (随事划转): functions, posts, staff, money, vehicles, gear; handed over, then received.

    `quantity` counts what can be counted, `amount` is yuan. `case` is the admission it came with, if it came with one.
    """

    class Kind(models.TextChoices):
        FUNCTION = "function"
        POST = "post"
        STAFF = "staff"
        MONEY = "money"
        VEHICLE = "vehicle"
        GEAR = "gear"

    case = models.ForeignKey(Case, models.PROTECT, null=True, related_name="+")
    item_code = models.CharField(max_length=40, blank=True)
    kind = models.CharField(max_length=8, choices=Kind)
    what = models.CharField(max_length=120)
    quantity = models.PositiveIntegerField(null=True)
    amount = models.DecimalField(max_digits=14, decimal_places=2, null=True)
    from_unit = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    to_unit = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    basis = models.CharField(max_length=200, blank=True)
    due_on = models.DateField(null=True)
    handed_on = models.DateField(null=True)
    received_on = models.DateField(null=True)
    received_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    ended_on = models.DateField(null=True)

    holds: ClassVar[dict[str, str]] = {
        "P1": "case item_code kind what quantity amount from_unit to_unit basis due_on handed_on received_on "
        "received_by ended_on"
    }

    class Meta:
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["to_unit", "kind"], name="hand_over_to"),
            models.Index(fields=["from_unit", "kind"], name="hand_over_from"),
        ]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=Q(kind="money", amount__gt=0, quantity=None) | (~Q(kind="money") & Q(amount=None)),
                name="money_is_booked_in_yuan_and_nothing_else",
            ),
            models.CheckConstraint(condition=~Q(from_unit=F("to_unit")), name="nobody_hands_over_to_himself"),
            models.CheckConstraint(
                condition=Q(received_on=None) | Q(handed_on__isnull=False), name="received_after_it_was_handed_over"
            ),
        ]


class HandUse(Row):
    """That some of it was used (使用). Above what a unit may spend alone it waits until the unit above has approved."""

    hand_over = models.ForeignKey(HandOver, models.PROTECT, related_name="uses")
    on = models.DateField()
    quantity = models.PositiveIntegerField(null=True)
    amount = models.DecimalField(max_digits=14, decimal_places=2, null=True)
    text = models.CharField(max_length=200)
    by_post = models.ForeignKey(Post, models.PROTECT, related_name="+")
    needs_approval = models.BooleanField(default=False)
    approved_at = models.DateTimeField(null=True)
    approved_by = models.ForeignKey(Post, models.PROTECT, null=True, related_name="+")
    refused_at = models.DateTimeField(null=True)

    holds: ClassVar[dict[str, str]] = {
        "P1": "hand_over on quantity amount text by_post needs_approval approved_at approved_by refused_at"
    }


class Attempt(Row):
    """An attempt to pass down what is not admitted (未经准入的派单): refused, and counted here."""

    sender = models.ForeignKey(Unit, models.PROTECT, null=True, related_name="+")
    post = models.ForeignKey(Post, models.PROTECT, null=True, related_name="+")
    receiver = models.CharField(max_length=20)
    receiver_name = models.CharField(max_length=80)
    level = models.CharField(max_length=12, choices=Unit.Level)
    item_code = models.CharField(max_length=40)
    item_name = models.CharField(max_length=120)
    rule = models.CharField(max_length=40)
    verb = models.CharField(max_length=20)
    at = models.DateTimeField()

    append_only = True
    holds: ClassVar[dict[str, str]] = {
        "P1": "sender post receiver receiver_name level item_code item_name rule verb at"
    }

    class Meta:
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["-at"], name="attempt_at")]


class Burden(Row):
    """A form, meeting, inspection, app or report laid on communities (社区负担台账): by whom, how often, how many hours.

    `communities` are their codes, empty for every community. `item_code` is the admitted item it rests on; without one
    it stands here flagged, and may be refused.
    """

    class Rhythm(models.TextChoices):
        ONCE = "once"
        DAILY = "daily"
        WEEKLY = "weekly"
        MONTHLY = "monthly"
        QUARTERLY = "quarterly"
        YEARLY = "yearly"

    kind = models.CharField(max_length=20)
    name = models.CharField(max_length=120)
    name_en = models.CharField(max_length=160, blank=True)
    owner = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    communities = ArrayField(models.CharField(max_length=20), default=list)
    rhythm = models.CharField(max_length=10, choices=Rhythm)
    hours = models.DecimalField(max_digits=6, decimal_places=2)
    fields = ArrayField(models.CharField(max_length=40), default=list)
    item_code = models.CharField(max_length=40, blank=True)
    said_by = models.ForeignKey(Post, models.PROTECT, related_name="+")
    since = models.DateField()
    until = models.DateField(null=True)

    holds: ClassVar[dict[str, str]] = {
        "P1": "kind name name_en owner communities rhythm hours fields item_code said_by since until"
    }

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(condition=Q(hours__gt=0), name="a_burden_takes_time"),
            models.CheckConstraint(
                condition=Q(until=None) | Q(until__gte=F("since")), name="a_burden_ends_after_it_began"
            ),
        ]


class Demand(Row):
    """That somebody demanded a certificate or plate of a community (证明和挂牌): issued, or refused by the list."""

    class Outcome(models.TextChoices):
        ISSUED = "issued"
        REFUSED = "refused"

    community = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    what = models.CharField(max_length=120)
    item_code = models.CharField(max_length=40, blank=True)
    list_code = models.CharField(max_length=40, blank=True)
    list_version = models.IntegerField(null=True)
    asked_by = models.CharField(max_length=120)
    purpose = models.CharField(max_length=200, blank=True)
    outcome = models.CharField(max_length=8, choices=Outcome)
    reason = models.CharField(max_length=20, blank=True)
    slip = models.CharField(max_length=20, unique=True)
    by_post = models.ForeignKey(Post, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    append_only = True
    holds: ClassVar[dict[str, str]] = {
        "P1": "community what item_code list_code list_version asked_by purpose outcome reason slip by_post at"
    }

    class Meta:
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["community", "-at"], name="demand_community")]
