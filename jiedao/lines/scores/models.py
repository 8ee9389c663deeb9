"""Tables of the scores (评分数据表): rules in versions, periods, frozen statements, marks, objections, confirmations.

Figures are never stored but in a statement, which is frozen and can be computed again from the rows it froze.
"""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from jiedao.ground.db.rows import Row
from jiedao.ground.people.models import Person, Unit


class RuleVersion(Row):
    """A published text of a rule (评分规则版本). Never changed: what differs is the next version.

    Nobody wrote and published it alone; what a package ships has neither.
    """

    code = models.CharField(max_length=40)
    version = models.IntegerField()
    document = models.TextField()
    reason = models.CharField(max_length=400, blank=True)
    written_by = models.UUIDField(null=True)
    published_by = models.UUIDField(null=True)
    published_at = models.DateTimeField()

    append_only = True
    holds: ClassVar[dict[str, str]] = {"I": "code version document reason written_by published_by published_at"}

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["code", "version"], name="one_text_per_version_of_a_rule"),
            models.CheckConstraint(
                condition=Q(written_by=None) | ~Q(written_by=F("published_by")), name="two_publish_a_rule"
            ),
        ]


class RuleDraft(Row):
    """A text in the making (规则草案). `changed_by` is who last changed it, who therefore does not publish it."""

    code = models.CharField(max_length=40)
    based_on = models.IntegerField()
    document = models.TextField()
    reason = models.CharField(max_length=400, blank=True)
    seq = models.IntegerField(default=0)
    changed_at = models.DateTimeField()
    changed_by = models.UUIDField()
    asked_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    ended_by = models.UUIDField(null=True)
    published = models.BooleanField(default=False)

    holds: ClassVar[dict[str, str]] = {
        "P1": "code based_on document reason seq changed_at changed_by asked_at ended_at ended_by published"
    }

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["code"], condition=Q(ended_at=None), name="one_draft_at_a_time_per_rule"),
            models.CheckConstraint(
                condition=Q(published=False) | ~Q(ended_by=F("changed_by")), name="nobody_publishes_his_own_rule"
            ),
        ]


class Period(Row):
    """One window of one rule (评分周期), from opened to final. Its figures stand in its statements."""

    class State(models.TextChoices):
        OPENED = "opened"
        SCORING = "scoring"
        MERGED = "merged"
        PUBLISHED = "published"
        OBJECTION = "objection"
        FINAL = "final"

    rule = models.ForeignKey(RuleVersion, models.PROTECT, related_name="+")
    code = models.CharField(max_length=40)
    name = models.CharField(max_length=12)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    state = models.CharField(max_length=10, choices=State, default=State.OPENED)
    opened_at = models.DateTimeField()
    opened_by = models.UUIDField()
    merged_at = models.DateTimeField(null=True)
    merged_by = models.UUIDField(null=True)
    published_at = models.DateTimeField(null=True)
    published_by = models.UUIDField(null=True)
    objections_until = models.DateTimeField(null=True)
    final_at = models.DateTimeField(null=True)
    final_by = models.UUIDField(null=True)

    holds: ClassVar[dict[str, str]] = {
        "I": "rule code name starts_at ends_at state opened_at opened_by merged_at merged_by published_at published_by "
        "objections_until final_at final_by"
    }

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["code", "name"], name="one_period_per_rule_and_window"),
            models.CheckConstraint(
                condition=Q(published_by=None) | ~Q(published_by=F("merged_by")), name="two_publish_a_period"
            ),
            models.CheckConstraint(
                condition=Q(final_by=None) | ~Q(final_by=F("merged_by")), name="two_freeze_a_period"
            ),
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="a_period_ends_after_it_starts"),
        ]


class Statement(Row):
    """A frozen statement (冻结报表): the rows, the figures that came of them, and their hashes. A correction is another one.

    `rows` is the CSV of facts or marks, compressed; `taken_out` what objections took out of it; `figures` holds every
    part as text. `hash` covers rule, rows, exclusions and figures, so that each of them can be proven.
    """

    period = models.ForeignKey(Period, models.PROTECT, related_name="statements")
    version = models.IntegerField()
    rows = models.BinaryField()
    rows_hash = models.CharField(max_length=64)
    taken_out = models.JSONField(default=list)
    figures = models.JSONField()
    agreed = models.BooleanField()
    hash = models.CharField(max_length=64)
    computed_at = models.DateTimeField()
    computed_by = models.UUIDField()
    objection_id = models.UUIDField(null=True)

    append_only = True
    holds: ClassVar[dict[str, str]] = {
        "I": "period version rows rows_hash taken_out figures agreed hash computed_at computed_by objection_id"
    }

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["period", "version"], name="one_statement_per_version"),
            models.CheckConstraint(condition=Q(agreed=True), name="both_computations_agree"),
        ]


class RaterMark(Row):
    """One mark (评分): by a rater of one side, about a unit or a person, on one aspect. The last one counts."""

    period = models.ForeignKey(Period, models.PROTECT, related_name="marks")
    side = models.CharField(max_length=20)
    rater = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    unit = models.ForeignKey(Unit, models.PROTECT, null=True, related_name="+")
    person = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    aspect = models.CharField(max_length=40)
    points = models.DecimalField(max_digits=5, decimal_places=1)
    why = models.CharField(max_length=400, blank=True)
    given_by = models.UUIDField()
    at = models.DateTimeField()

    append_only = True
    holds: ClassVar[dict[str, str]] = {"I": "period side rater unit person aspect points given_by at", "P1": "why"}

    class Meta:
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["period", "unit"], name="mark_period_unit")]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(condition=Q(points__gte=0, points__lte=100), name="points_are_of_a_hundred"),
            models.CheckConstraint(
                condition=Q(unit=None, person__isnull=False) | Q(unit__isnull=False, person=None),
                name="a_mark_is_about_one",
            ),
        ]


class Objection(Row):
    """A unit or person contests a line (申诉): with evidence, decided by a second reader with published reasons.

    What is upheld either takes an order out, by a kind of the district's, or asks its rater to mark anew.
    """

    class Outcome(models.TextChoices):
        UPHELD = "upheld"
        DISMISSED = "dismissed"

    period = models.ForeignKey(Period, models.PROTECT, related_name="objections")
    about = models.CharField(max_length=40)
    number = models.CharField(max_length=20, blank=True)
    order_id = models.UUIDField(null=True)
    kind = models.CharField(max_length=40)
    reason = models.CharField(max_length=1000)
    evidence = models.CharField(max_length=1000)
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    raised_at = models.DateTimeField()
    raised_by = models.UUIDField()
    decided_at = models.DateTimeField(null=True)
    decided_by = models.UUIDField(null=True)
    outcome = models.CharField(max_length=10, choices=Outcome, blank=True)
    reasons = models.CharField(max_length=1000, blank=True)

    holds: ClassVar[dict[str, str]] = {
        "I": "period about number order_id kind unit raised_at raised_by decided_at decided_by outcome",
        "P1": "reason evidence reasons",
    }

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=Q(decided_by=None) | ~Q(decided_by=F("raised_by")), name="nobody_decides_his_own_objection"
            ),
            models.CheckConstraint(
                condition=Q(outcome="", decided_at=None) | (~Q(outcome="") & ~Q(reasons="")),
                name="a_decision_says_why",
            ),
            models.UniqueConstraint(
                fields=["period", "about", "order_id"],
                condition=Q(decided_at=None, order_id__isnull=False),
                name="one_open_objection_per_order",
            ),
        ]


class Confirmation(Row):
    """That a named person lets a grade and its factor leave for pay or appointment (确认). Until then it is advice only."""

    statement = models.ForeignKey(Statement, models.PROTECT, related_name="confirmations")
    person = models.ForeignKey(Person, models.PROTECT, related_name="+")
    grade = models.CharField(max_length=40)
    factor = models.DecimalField(max_digits=5, decimal_places=2)
    confirmed_by = models.UUIDField()
    confirmed_at = models.DateTimeField()

    append_only = True
    holds: ClassVar[dict[str, str]] = {"I": "statement person grade factor confirmed_by confirmed_at"}

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["statement", "person"], name="one_confirmation_per_person"),
        ]


class Problem(Row):
    """A recurring cause as an item of the problem list (问题清单, E9): owner, plan, date, and the measured effect.

    `numbers` are the cases it was found in; `asked` and `told` what a survey visit heard. `measured` says how events
    are counted before and after: an item of the duty list and an area.
    """

    title = models.CharField(max_length=120)
    cause = models.CharField(max_length=1000)
    numbers = models.JSONField(default=list)
    asked = models.CharField(max_length=200, blank=True)
    told = models.CharField(max_length=1000, blank=True)
    item_code = models.CharField(max_length=40, blank=True)
    area_path = models.CharField(max_length=100, blank=True)
    owner = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    plan = models.CharField(max_length=1000)
    due_on = models.DateField()
    days = models.IntegerField(default=30)
    before = models.IntegerField()
    opened_at = models.DateTimeField()
    opened_by = models.UUIDField()
    closed_at = models.DateTimeField(null=True)
    closed_by = models.UUIDField(null=True)
    effect = models.CharField(max_length=1000, blank=True)

    holds: ClassVar[dict[str, str]] = {
        "P1": "title cause numbers asked told item_code area_path owner plan due_on days before opened_at opened_by "
        "closed_at closed_by effect"
    }
