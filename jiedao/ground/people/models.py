"""Accounts and ways to sign in (账号), and who reported, under a key of their own. Staff stands in `staff`."""

from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models import F, Q
from django.utils.crypto import salted_hmac

from jiedao.ground.db.rows import Row
from jiedao.ground.people.staff import (
    ACT_FOR_PARENT,
    Establishment,
    Link,
    Person,
    Post,
    PostKind,
    Reorganisation,
    SpanQuerySet,
    Stationing,
    Tenure,
    Tie,
    Unit,
)
from jiedao.kit.clock import now

__all__ = [
    "ACT_FOR_PARENT", "Account", "Certificate", "Contact", "Correction", "Establishment", "Guess", "Link", "Person",
    "Post", "PostKind", "Reorganisation", "SignIn", "SpanQuerySet", "Statement", "Stationing", "Subject", "Tenure", "Tie",
    "Token", "Unit",
]  # fmt: skip


class AccountManager(BaseUserManager["Account"]):
    def get_by_natural_key(self, username: str | None) -> "Account":
        return self.get(username=username)


class Account(AbstractBaseUser, Row):
    """A way to sign in (账号). Counted against persons: a mismatch shows.

    `epoch` goes up when everything that is signed in by it ends: a session knows the epoch it began in.
    `preferences`: theme, size, density, keys, and the tours that were put away.
    """

    username = models.CharField(max_length=60, unique=True)
    email = models.EmailField(blank=True)
    person = models.ForeignKey(Person, models.PROTECT, null=True, related_name="accounts")
    is_active = models.BooleanField(default=True)
    language = models.CharField(max_length=10, blank=True)
    epoch = models.PositiveIntegerField(default=0, db_default=0)
    password_at = models.DateTimeField(null=True)
    preferences = models.JSONField(default=dict, db_default=models.Value({}, models.JSONField()))

    objects = AccountManager()
    USERNAME_FIELD = "username"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    holds: ClassVar[dict[str, str]] = {
        "P1": "username person is_active language epoch preferences last_login password_at",
        "P2": "email",
        "P3": "password",
    }

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = []

    is_staff = False
    is_superuser = False

    def _get_session_auth_hash(self, secret: str | None = None) -> str:
        """Django's own, of the password and of the epoch: a session whose hash is another's has ended."""
        salt = "django.contrib.auth.models.AbstractBaseUser.get_session_auth_hash"
        told = f"{self.password}{self.epoch or ''}"
        return salted_hmac(salt, told, secret=secret, algorithm="sha256").hexdigest()

    def set_password(self, raw_password: str | None) -> None:
        """Notes when, for profiles that ask for a new one after a while."""
        super().set_password(raw_password)
        self.password_at = now()

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


class SignIn(Row):
    """One sign-in, refused or not (登录记录): who, by which way, from which address by its keyed hash.

    `target` is the keyed hash of the name that was typed, for those that are nobody's. Kept as retention says.
    """

    class Outcome(models.TextChoices):
        IN = "in"
        WRONG = "wrong"
        BLOCKED = "blocked"
        OUT = "out"

    account = models.ForeignKey(Account, models.CASCADE, null=True, related_name="+")
    way = models.CharField(max_length=12)
    outcome = models.CharField(max_length=8, choices=Outcome)
    place = models.BinaryField(max_length=32)
    target = models.BinaryField(max_length=32)
    at = models.DateTimeField()

    append_only = True
    worker_may_delete = True
    holds: ClassVar[dict[str, str]] = {"P1": "account way outcome at", "P2": "place target"}

    class Meta:
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["-at"], name="sign_in_at")]


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


class Correction(Row):
    """Somebody who works here asks that what is kept of him be corrected (更正请求); who keeps the organisation answers."""

    person = models.ForeignKey(Person, models.PROTECT, related_name="+")
    words = models.TextField(max_length=500)
    made_at = models.DateTimeField()
    answer = models.TextField(max_length=500, blank=True)
    answered_at = models.DateTimeField(null=True)
    answered_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")

    holds: ClassVar[dict[str, str]] = {"P2": "words answer", "P1": "person made_at answered_at answered_by"}


class Certificate(Row):
    """That somebody is certified for something (持证): a term of `certificate_kind`, from one day to another, both included.

    Withdrawn, never deleted: who went where on a day was certified on that day.
    """

    person = models.ForeignKey(Person, models.PROTECT, related_name="certificates")
    kind = models.CharField(max_length=20)
    number = models.CharField(max_length=60)
    issued_by = models.CharField(max_length=120, blank=True)
    valid_from = models.DateField()
    valid_until = models.DateField(null=True)
    withdrawn_on = models.DateField(null=True)
    made_at = models.DateTimeField()

    holds: ClassVar[dict[str, str]] = {"P1": "person kind number issued_by valid_from valid_until withdrawn_on made_at"}

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["kind", "number"], condition=Q(withdrawn_on=None), name="one_certificate_per_kind_and_number"
            ),
            models.CheckConstraint(
                condition=Q(valid_until=None) | Q(valid_until__gte=F("valid_from")),
                name="a_certificate_ends_after_it_began",
            ),
        ]
