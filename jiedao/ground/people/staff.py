"""Staff (机构与人员): units, posts, persons, who holds what, and how bodies and posts hang together."""

from datetime import date
from typing import ClassVar, Self, TypeVar
from uuid import UUID

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from jiedao.ground.db.rows import Row
from jiedao.ground.places.models import Area
from jiedao.kit.clock import today

Span = TypeVar("Span", bound=models.Model)


class SpanQuerySet(models.QuerySet[Span]):
    def on(self, day: date | None = None) -> Self:
        """Rows in force on a day, by default today."""
        day = day or today()
        return self.filter(Q(valid_to=None) | Q(valid_to__gt=day), valid_from__lte=day)


class Unit(Row):
    """A unit (单位): who acts. `above` holds the ids of it and of all above it.

    `second_name` is a second plate on the same door (加挂牌子). `side` tells front desks from back offices. `serves` are
    the codes of areas it serves beside its own: a party branch of several grids. `came_from` are the units it was
    made of when bodies were merged.
    """

    class Kind(models.TextChoices):
        DEPARTMENT = "department"
        SUBDISTRICT = "subdistrict"
        OFFICE = "office"
        CENTRE = "centre"
        BUREAU = "bureau"
        COMMUNITY = "community"
        SQUAD = "squad"
        PARTY = "party"
        OUTPOST = "outpost"
        LEADERSHIP = "leadership"

    class Level(models.TextChoices):
        DISTRICT = "district"
        SUBDISTRICT = "subdistrict"
        COMMUNITY = "community"

    class Side(models.TextChoices):
        FRONT = "front"
        BACK = "back"

    code = models.CharField(max_length=20)
    kind = models.CharField(max_length=12, choices=Kind)
    level = models.CharField(max_length=12, choices=Level)
    name = models.CharField(max_length=80)
    name_en = models.CharField(max_length=120, blank=True)
    second_name = models.CharField(max_length=80, blank=True)
    second_name_en = models.CharField(max_length=120, blank=True)
    side = models.CharField(max_length=8, choices=Side, blank=True)
    parent = models.ForeignKey("self", models.PROTECT, null=True, related_name="children")
    above = ArrayField(models.UUIDField(), default=list)
    area = models.ForeignKey(Area, models.PROTECT, null=True, related_name="+")
    duty_phone = models.CharField(max_length=40, blank=True)
    serves = ArrayField(models.CharField(max_length=20), default=list)
    came_from = ArrayField(models.UUIDField(), default=list)
    valid_from = models.DateField()
    valid_to = models.DateField(null=True)

    objects = SpanQuerySet.as_manager()

    holds: ClassVar[dict[str, str]] = {
        "P0": "code kind level name name_en second_name second_name_en side parent above area duty_phone serves "
        "came_from valid_from valid_to"
    }

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["code"], condition=Q(valid_to=None), name="one_unit_in_force_per_code")
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def acts_for(self) -> list[UUID]:
        """The units whose orders it takes up: its own, and for an office, centre or squad the body it belongs to.

        A community below a sub-district and an outpost of a department are bodies of their own. What it was made of
        by a re-organisation it stands for as well.
        """
        parent = self.parent_id if self.kind in ACT_FOR_PARENT else None
        return [self.id, *([parent] if parent else []), *self.came_from]


ACT_FOR_PARENT = frozenset(
    {Unit.Kind.OFFICE, Unit.Kind.CENTRE, Unit.Kind.BUREAU, Unit.Kind.SQUAD, Unit.Kind.LEADERSHIP}
)


class PostKind(Row):
    """A kind of post (岗位类别), the district's own: `handler`, `dispatcher`, `grid_worker`, `party_secretary`.

    `second_factor`: sign-in asks for a one-time code (G20). `rank` sorts; nothing depends on it. `desks`: the pages
    that stand first in its bar, and whose work is counted on its own desk; no page is closed to who lacks it here.
    """

    code = models.CharField(max_length=40, unique=True)
    name = models.CharField(max_length=60)
    name_en = models.CharField(max_length=80)
    second_factor = models.BooleanField(default=False)
    rank = models.IntegerField(default=0)
    desks = models.JSONField(default=list)

    holds: ClassVar[dict[str, str]] = {"P0": "code name name_en second_factor rank desks"}


class Post(Row):
    """A seat (岗位): duties and sight hang on it, not on who sits there.

    `slot` is the district's word for a seat's place in a crew (A岗、B岗), `staff_kind` the kind of establishment it is
    filled from (编制类别); both are `Term` codes, empty where the district has none.
    """

    class Duty(models.TextChoices):
        FULL_TIME = "full_time"
        PART_TIME = "part_time"

    code = models.CharField(max_length=40)
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="posts")
    kind = models.ForeignKey(PostKind, models.PROTECT, related_name="+")
    name = models.CharField(max_length=80)
    name_en = models.CharField(max_length=120, blank=True)
    area = models.ForeignKey(Area, models.PROTECT, null=True, related_name="+")
    duty = models.CharField(max_length=10, choices=Duty, blank=True)
    slot = models.CharField(max_length=20, blank=True)
    staff_kind = models.CharField(max_length=20, blank=True)
    valid_from = models.DateField()
    valid_to = models.DateField(null=True)

    objects = SpanQuerySet.as_manager()

    holds: ClassVar[dict[str, str]] = {
        "P1": "code unit kind name name_en area duty slot staff_kind valid_from valid_to"
    }

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["code"], condition=Q(valid_to=None), name="one_post_in_force_per_code")
        ]

    def __str__(self) -> str:
        return self.name


class Person(Row):
    """Somebody who works here (人员). Residents are not persons: they are subjects, below."""

    code = models.CharField(max_length=40, unique=True)
    name = models.CharField(max_length=60)
    name_en = models.CharField(max_length=80, blank=True)
    phone = models.CharField(max_length=40, blank=True)
    left_on = models.DateField(null=True)

    holds: ClassVar[dict[str, str]] = {"P1": "code left_on", "P2": "name name_en phone"}

    def __str__(self) -> str:
        return self.name


class Tenure(Row):
    """That a person holds a post from one day to another (任职). One person may hold several.

    `acting` stands in for `instead_of` (代理); `seconded` was lent (借调). `basis` names the paper behind it.
    """

    class Nature(models.TextChoices):
        HOLDS = "holds"
        ACTING = "acting"
        SECONDED = "seconded"

    person = models.ForeignKey(Person, models.PROTECT, related_name="tenures")
    post = models.ForeignKey(Post, models.PROTECT, related_name="tenures")
    nature = models.CharField(max_length=10, choices=Nature, default=Nature.HOLDS)
    instead_of = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    basis = models.CharField(max_length=200, blank=True)
    valid_from = models.DateField()
    valid_to = models.DateField(null=True)

    objects = SpanQuerySet.as_manager()

    holds: ClassVar[dict[str, str]] = {"P1": "person post nature instead_of basis valid_from valid_to"}

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["person", "post"], condition=Q(valid_to=None), name="one_tenure_per_person_and_post"
            )
        ]


class Stationing(Row):
    """That a person of one body works under another (派驻): sent by `home`, commanded by `command` (O4).

    `kind` is a `Term` of `station_kind`, which says who appraises what, by which share. `gear` is what came along,
    `[{"what": …, "quantity": …, "unit": …}]`.
    """

    person = models.ForeignKey(Person, models.PROTECT, related_name="stationings")
    home = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    command = models.ForeignKey(Unit, models.PROTECT, related_name="stationed")
    kind = models.CharField(max_length=40)
    is_head = models.BooleanField(default=False)
    party_moved = models.BooleanField(default=False)
    gear = models.JSONField(default=list)
    basis = models.CharField(max_length=200, blank=True)
    valid_from = models.DateField()
    valid_to = models.DateField(null=True)

    objects = SpanQuerySet.as_manager()

    holds: ClassVar[dict[str, str]] = {
        "P1": "person home command kind is_head party_moved gear basis valid_from valid_to"
    }

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["person"], condition=Q(valid_to=None), name="one_stationing_per_person_at_a_time"
            )
        ]


class Tie(Row):
    """Two posts that one person holds on purpose (一肩挑, O12): who holds `leads` also holds `follows`.

    `within` says which two seats belong together: of the same unit, of the same body, or the one whose area is the
    other's or holds it. `by_itself`: the second seat follows a change; otherwise the mismatch is shown.
    """

    class Within(models.TextChoices):
        UNIT = "unit"
        BODY = "body"
        AREA = "area"

    code = models.CharField(max_length=40, unique=True)
    leads = models.ForeignKey(PostKind, models.PROTECT, related_name="+")
    follows = models.ForeignKey(PostKind, models.PROTECT, related_name="+")
    within = models.CharField(max_length=8, choices=Within)
    by_itself = models.BooleanField(default=False)
    source = models.CharField(max_length=200, blank=True)

    holds: ClassVar[dict[str, str]] = {"P0": "code leads follows within by_itself source"}


class Link(Row):
    """That a leader's post is linked to an area or unit (挂点联系, O10), or has claimed a field to supervise."""

    post = models.ForeignKey(Post, models.PROTECT, related_name="links")
    area = models.ForeignKey(Area, models.PROTECT, null=True, related_name="+")
    unit = models.ForeignKey(Unit, models.PROTECT, null=True, related_name="+")
    field = models.CharField(max_length=120, blank=True)
    valid_from = models.DateField()
    valid_to = models.DateField(null=True)

    objects = SpanQuerySet.as_manager()

    holds: ClassVar[dict[str, str]] = {"P1": "post area unit field valid_from valid_to"}

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=Q(area__isnull=False) | Q(unit__isnull=False) | ~Q(field=""),
                name="a_link_leads_to_something",
            )
        ]


class Establishment(Row):
    """Approved posts of one kind in one unit (编制, O9): how many, moved down from whom and when."""

    unit = models.ForeignKey(Unit, models.PROTECT, related_name="establishments")
    staff_kind = models.CharField(max_length=20)
    approved = models.PositiveIntegerField()
    moved_from = models.ForeignKey(Unit, models.PROTECT, null=True, related_name="+")
    moved = models.PositiveIntegerField(default=0)
    moved_on = models.DateField(null=True)
    source = models.CharField(max_length=200, blank=True)
    valid_from = models.DateField()
    valid_to = models.DateField(null=True)

    objects = SpanQuerySet.as_manager()

    holds: ClassVar[dict[str, str]] = {
        "P1": "unit staff_kind approved moved_from moved moved_on source valid_from valid_to"
    }

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["unit", "staff_kind"], condition=Q(valid_to=None), name="one_establishment_per_unit_and_kind"
            )
        ]


class Reorganisation(Row):
    """A re-organisation (机构改革): which units become which, on a day. It is carried out on that day, not before.

    `changes` is a list of `{"into": {code, kind, name, …}, "from": [codes], "ends": [codes of posts]}`.
    """

    name = models.CharField(max_length=120)
    effective_on = models.DateField()
    changes = models.JSONField(default=list)
    basis = models.CharField(max_length=200, blank=True)
    made_at = models.DateTimeField()
    made_by = models.UUIDField(null=True)
    done_at = models.DateTimeField(null=True)
    dropped_at = models.DateTimeField(null=True)

    holds: ClassVar[dict[str, str]] = {"P1": "name effective_on changes basis made_at made_by done_at dropped_at"}

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=Q(done_at=None) | Q(dropped_at=None), name="a_reorganisation_done_is_not_dropped"
            )
        ]

    def __str__(self) -> str:
        return self.name
