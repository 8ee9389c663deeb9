"""Units, posts, persons, accounts (单位、岗位、人员、账号), and who reported, under a key of their own."""

from datetime import date
from typing import ClassVar, Self, TypeVar
from uuid import UUID

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
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
    """A unit (单位): who acts. `path` joins codes from the top, `above` holds the ids of it and all above it."""

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

    code = models.CharField(max_length=20)
    kind = models.CharField(max_length=12, choices=Kind)
    level = models.CharField(max_length=12, choices=Level)
    name = models.CharField(max_length=80)
    name_en = models.CharField(max_length=120, blank=True)
    parent = models.ForeignKey("self", models.PROTECT, null=True, related_name="children")
    above = ArrayField(models.UUIDField(), default=list)
    area = models.ForeignKey(Area, models.PROTECT, null=True, related_name="+")
    duty_phone = models.CharField(max_length=40, blank=True)
    valid_from = models.DateField()
    valid_to = models.DateField(null=True)

    objects = SpanQuerySet.as_manager()

    holds: ClassVar[dict[str, str]] = {
        "P0": "code kind level name name_en parent above area duty_phone valid_from valid_to"
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

        A community below a sub-district and an outpost of a department are bodies of their own.
        """
        parent = self.parent_id if self.kind in ACT_FOR_PARENT else None
        return [self.id, parent] if parent else [self.id]


ACT_FOR_PARENT = frozenset(
    {Unit.Kind.OFFICE, Unit.Kind.CENTRE, Unit.Kind.BUREAU, Unit.Kind.SQUAD, Unit.Kind.LEADERSHIP}
)


class PostKind(Row):
    """A kind of post (岗位类别), the district's own: `handler`, `dispatcher`, `grid_worker`, `party_secretary`.

    `second_factor`: sign-in asks for a one-time code (G20). `rank` sorts; nothing depends on it.
    """

    code = models.CharField(max_length=40, unique=True)
    name = models.CharField(max_length=60)
    name_en = models.CharField(max_length=80)
    second_factor = models.BooleanField(default=False)
    rank = models.IntegerField(default=0)

    holds: ClassVar[dict[str, str]] = {"P0": "code name name_en second_factor rank"}


class Post(Row):
    """A seat (岗位): duties and sight hang on it, not on who sits there."""

    code = models.CharField(max_length=40)
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="posts")
    kind = models.ForeignKey(PostKind, models.PROTECT, related_name="+")
    name = models.CharField(max_length=80)
    name_en = models.CharField(max_length=120, blank=True)
    area = models.ForeignKey(Area, models.PROTECT, null=True, related_name="+")
    valid_from = models.DateField()
    valid_to = models.DateField(null=True)

    objects = SpanQuerySet.as_manager()

    holds: ClassVar[dict[str, str]] = {"P1": "code unit kind name name_en area valid_from valid_to"}

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
    """That a person holds a post from one day to another (任职). One person may hold several."""

    person = models.ForeignKey(Person, models.PROTECT, related_name="tenures")
    post = models.ForeignKey(Post, models.PROTECT, related_name="tenures")
    valid_from = models.DateField()
    valid_to = models.DateField(null=True)

    objects = SpanQuerySet.as_manager()

    holds: ClassVar[dict[str, str]] = {"P1": "person post valid_from valid_to"}

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["person", "post"], condition=Q(valid_to=None), name="one_tenure_per_person_and_post"
            )
        ]


class AccountManager(BaseUserManager["Account"]):
    def get_by_natural_key(self, username: str | None) -> "Account":
        return self.get(username=username)


class Account(AbstractBaseUser, Row):
    """A way to sign in (账号). Counted against persons: a mismatch shows."""

    username = models.CharField(max_length=60, unique=True)
    email = models.EmailField(blank=True)
    person = models.ForeignKey(Person, models.PROTECT, null=True, related_name="accounts")
    is_active = models.BooleanField(default=True)
    language = models.CharField(max_length=10, blank=True)

    objects = AccountManager()
    USERNAME_FIELD = "username"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    holds: ClassVar[dict[str, str]] = {
        "P1": "username person is_active language last_login",
        "P2": "email",
        "P3": "password",
    }

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = []

    is_staff = False
    is_superuser = False

    def has_perm(self, perm: str, obj: object = None) -> bool:
        """Rights hang on posts and definitions; Django's own permissions are not used."""
        return False

    def has_module_perms(self, app_label: str) -> bool:
        return False


class Token(Row):
    """A key for the API (令牌): acts as one person in one post. Only its hash is kept."""

    account = models.ForeignKey(Account, models.CASCADE, related_name="tokens")
    post = models.ForeignKey(Post, models.PROTECT, related_name="+")
    name = models.CharField(max_length=80)
    hash = models.BinaryField(max_length=32, unique=True)
    made_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)

    holds: ClassVar[dict[str, str]] = {"P1": "account post name made_at ends_at revoked_at", "P3": "hash"}


class Guess(Row):
    """One checked guess at a password or a code (试码): from which address, at what, and whether it was right.

    `place` and `target` are keyed hashes: rows are counted, nobody reads an address or a name in them.
    """

    door = models.CharField(max_length=12)
    place = models.BinaryField(max_length=32)
    target = models.BinaryField(max_length=32)
    passed = models.BooleanField(default=False)
    at = models.DateTimeField()

    append_only = True
    worker_may_delete = True
    holds: ClassVar[dict[str, str]] = {"P1": "door passed at", "P2": "place target"}

    class Meta:
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["door", "place", "at"], name="guess_place_at"),
            models.Index(fields=["door", "target", "at"], name="guess_target_at"),
        ]


class Subject(Row):
    """One resident's key (数据主体): erasing the key erases every word under it.

    `key` is wrapped by the master key; empty after erasure. `phone_hash` finds the same caller again.
    """

    key = models.BinaryField(null=True)
    phone_hash = models.BinaryField(null=True, unique=True)
    made_at = models.DateTimeField()
    erased_at = models.DateTimeField(null=True)

    holds: ClassVar[dict[str, str]] = {"P3": "key phone_hash", "P1": "made_at erased_at"}


class Contact(Row):
    """Who reported an event (联系人), readable only after the gate opened it. Its id is the event's.

    Deleted as retention says.
    """

    subject = models.ForeignKey(Subject, models.PROTECT, related_name="+")
    sealed = models.BinaryField()
    may_ring = models.BooleanField(default=True)
    proven = models.BooleanField(default=False)
    made_at = models.DateTimeField()

    row_secured = True
    worker_may_delete = True
    holds: ClassVar[dict[str, str]] = {"P3": "subject sealed", "P2": "may_ring proven made_at"}


class Statement(Row):
    """The words as received (原话), under the subject's key; the masked text stands on the event, with the same id."""

    subject = models.ForeignKey(Subject, models.PROTECT, related_name="+")
    sealed = models.BinaryField()
    made_at = models.DateTimeField()

    row_secured = True
    worker_may_delete = True
    holds: ClassVar[dict[str, str]] = {"P3": "subject sealed", "P2": "made_at"}
