"""The demo districts (演示区): five packages, a password that everybody knows, one-time codes. Never for real use."""

import re
import textwrap
import time
from collections.abc import Callable
from dataclasses import dataclass

from allauth.mfa import app_settings
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, generate_totp_secret, hotp_value
from allauth.mfa.utils import decrypt
from django.contrib.auth.hashers import make_password

from jiedao.doors import package
from jiedao.doors.package.load import folder_of, read_checked
from jiedao.ground.db.home import Trouble
from jiedao.ground.db.schemas import create_district
from jiedao.ground.districts import district
from jiedao.ground.districts.models import District
from jiedao.ground.people.models import Account, Post, Tenure
from jiedao.kit.refusal import Refused

MADE = re.compile(r"u\d")
"""How the names of accounts begin that `fill` makes, one to a seat."""
DISTRICTS = ("gulou", "jianghan", "liunan", "guangming", "neijiang")
PASSWORD = "jiedao-demo-2026"  # noqa: S105 -- printed by ./run; set in demo districts alone
Report = Callable[[str], None]


@dataclass(frozen=True)
class SignIn:
    """One demo account. `secret` and `code` are empty where the post asks for no one-time code."""

    username: str
    person: str
    post: str
    posts: str
    secret: str
    code: str


def load(report: Report = print) -> None:
    """Districts, packages, accounts, after `migrate`. What is there stays; a second run adds what is missing."""
    for name in DISTRICTS:
        report(name)
        try:
            _load_one(name, report)
        except Refused as refused:
            raise Trouble(_told(name, refused)) from refused


def _load_one(name: str, report: Report) -> None:
    folder = folder_of(name)
    content = read_checked(folder)
    facts = content.value("package")
    place = District.objects.filter(code=facts["code"]).first() or create(facts)
    package.load(folder, place, report, content)
    if place.demo:
        with district(place):
            open_accounts()


def _told(name: str, refused: Refused) -> str:
    """What an operator reads; the pages have their own words for the same rules."""
    lines = "\n".join(str(problem) for problem in refused.facts.get("problems", [refused]))
    mend = "Mend the lines above"
    if refused.rule == "published_list_differs":
        mend = "A published list never changes: raise its `version` and `valid_from` in lists.yaml"
    return f"The package {name} was not loaded, nothing of it was written.\n{lines}\n{mend}, then run this again."


load_packages = load


def create(facts: dict[str, object]) -> District:
    kept = ("name", "name_en", "city", "city_en", "office_hours", "switches", "demo")
    return create_district(
        str(facts["code"]), str(facts["label"]), **{name: facts[name] for name in kept if name in facts}
    )


def open_accounts() -> None:
    """The known password for every account that has none yet, and a secret where a post asks for a second factor."""
    # One hash for all: they share the password anyway, and a million rounds each would take a minute.
    shared = make_password(PASSWORD)
    closed = [account for account in Account.objects.all() if not account.has_usable_password()]
    for account in closed:
        account.password = shared
    Account.objects.bulk_update(closed, ["password"])
    asked = Account.objects.filter(person__tenures__post__kind__second_factor=True).distinct()
    held = {row.user_id: row for row in Authenticator.objects.filter(type=Authenticator.Type.TOTP)}
    for account in asked:
        row = held.get(account.pk)
        if row and not _secret(row):
            row.delete()  # sealed under a master key that is gone; here a new one costs nothing
        if not row or not _secret(row):
            TOTP.activate(account, generate_totp_secret())


def _secret(row: Authenticator) -> str:
    """The secret of a one-time code. Empty if the master key of this installation does not open it."""
    try:
        return str(decrypt(row.data["secret"]))
    except (Refused, ValueError):
        return ""


def accounts(label: str) -> list[SignIn]:
    """The demo accounts of a district, with the codes of this moment."""
    with district(label) as place:
        if not place.demo:
            return []
        secrets = {row.user_id: _secret(row) for row in Authenticator.objects.filter(type=Authenticator.Type.TOTP)}
        held: dict[object, list[Post]] = {}
        rows = Tenure.objects.filter(valid_to=None).select_related("post__unit", "post__kind")
        for tenure in rows.order_by("valid_from", "id"):
            held.setdefault(tenure.person_id, []).append(tenure.post)
        found = Account.objects.filter(person__isnull=False, is_active=True).select_related("person")
        return [
            SignIn(
                account.username,
                account.person.name,
                next((_short(post) for post in held.get(account.person_id, [])), ""),
                "、".join(f"{post.unit.name} {post.name}" for post in held.get(account.person_id, [])),
                secrets.get(account.pk, ""),
                one_time_code(secrets[account.pk]) if secrets.get(account.pk) else "",
            )
            for account in found.order_by("person__code")
        ]


def _short(post: Post) -> str:
    """One word for a seat: of a post that every unit has, the unit's name says more."""
    return post.unit.name if post.kind.code in ("handler", "unit_head", "office_head") else post.name


def one_time_code(secret: str) -> str:
    """The code of this half minute. The wall clock counts here, as in every authenticator."""
    return str(format_hotp_value(hotp_value(secret, int(time.time()) // app_settings.TOTP_PERIOD)))


def sign_ins() -> str:
    """What `./run` prints: where to sign in, as whom. Accounts made for invented people are counted, not listed."""
    lines = [f"Demo accounts, all with the password {PASSWORD}", ""]
    for label in DISTRICTS:
        place = District.objects.filter(label=label, demo=True).first()
        if place is None:
            continue
        lines.append(f"{place.name} {place.name_en}: {label}.localhost")
        found = accounts(label)
        named = [account for account in found if not MADE.match(account.username)]
        plain = " · ".join(
            f"{account.username}\N{NO-BREAK SPACE}{account.post}" for account in named if not account.secret
        )
        lines += textwrap.wrap(plain, 96, initial_indent="  ", subsequent_indent="  ", break_on_hyphens=False)
        lines += [
            f"  {account.username} {account.post}: code {account.code}, secret {account.secret}"
            for account in named
            if account.secret
        ]
        if len(found) > len(named):
            lines.append(f"  and {len(found) - len(named)} accounts of grid workers, such as {_made(found)}")
        lines.append("")
    lines.append("A code holds half a minute; `jiedao demo --codes` prints new ones, or take the secret into an app.")
    return "\n".join(lines)


def _made(found: list[SignIn]) -> str:
    return next(account.username for account in found if MADE.match(account.username))
