"""Check this installation and say how to mend it (体检)."""

import argparse
import json
import os
import platform
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import psycopg
from psycopg import sql

from jiedao.doors.web import assets
from jiedao.ground.db import checks
from jiedao.ground.db.checks import Finding, attempt
from jiedao.ground.db.home import CHECKOUT, home
from jiedao.ground.db.jobs import stalled
from jiedao.ground.db.roles import ROLES, parameters
from jiedao.kit.refusal import Refused

EXAMPLES = """
  jiedao doctor
  jiedao doctor --json | jq '.[] | select(.well == false)'
exit code: 0 all well (warnings may stand), 1 something must be mended
"""
LITTLE_DISK = 2 * 1024**3
MARKS = {True: "ok   ", None: "warn ", False: "FAIL "}


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="a list of findings: name, well, said, mend")


def run(args: argparse.Namespace) -> int:
    found = list(_everything())
    if args.json:
        print(json.dumps([vars(finding) for finding in found], ensure_ascii=False))
    else:
        for finding in found:
            print(f"{MARKS[finding.well]} {finding.name:<20} {finding.said}")
            if finding.well is not True and finding.mend:
                print(f"      mend: {finding.mend}")
    return int(any(finding.well is False for finding in found))


def _everything() -> Iterator[Finding]:
    yield Finding("python", sys.version_info >= (3, 11), platform.python_version(), "Install Python 3.11 or newer.")
    yield _disk()
    yield attempt("browser_packages", _assets, "jiedao assets")
    yield attempt("secrets", _secrets, "chmod 700 the secrets folder and 600 the files in it.")
    yield attempt("files", _files, "Check the settings of the file store.")
    there = attempt("server", checks.running)
    yield there
    if not there.well:
        return
    reached = attempt("roles", _roles, "jiedao migrate makes the roles and sets their passwords.")
    yield reached
    if not reached.well:
        return
    try:
        yield from checks.seven("web")
    except psycopg.Error as error:
        yield Finding("seven", False, str(error), checks.CONNECTION)
    for name, check in IN_THE_DATABASE.items():
        yield attempt(name, check, "jiedao migrate")


def _disk() -> Finding:
    free = shutil.disk_usage(home() if home().exists() else home().parent).free
    mend = "Free some space, or move the data folder (--home DIR)."
    return Finding("disk", free > LITTLE_DISK, f"{free / 1024**3:.1f} GB free under {home()}", mend)


def _assets() -> Finding:
    current = assets.is_current(CHECKOUT)
    said = "as the lock file says" if current else "not as the lock file says: maps and live parts may stay empty"
    return Finding("browser_packages", current or None, said, "jiedao assets")


def _files() -> Finding:
    """Puts a file into the store, reads it, takes it away."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "jiedao.settings")
    from django.conf import settings  # noqa: PLC0415 -- slow import

    from jiedao.ground import shelves  # noqa: PLC0415 -- slow import

    kind, probe = settings.FILES_STORE, f"doctor/{os.getpid()}.txt"
    mend = (
        "Free some space and check the folder's owner." if kind == "disk" else "Check the S3_… settings and the bucket."
    )
    try:
        shelf = shelves.shelf()
        shelf.put(probe, b"well")
        well = shelf.get(probe) == b"well"
        shelf.drop(probe)
    except Refused as refused:
        return Finding("files", False, f"{kind}: {refused.rule} {refused.facts}", mend)
    return Finding("files", well, f"{kind}: stores and gives back", mend)


def _secrets() -> Finding:
    place = home() / "secrets"
    if not place.exists():
        return Finding("secrets", None, "none yet", "./run makes them.")
    loose = [path.name for path in [place, *place.iterdir()] if path.stat().st_mode & 0o077]
    said = "readable by their owner alone" if not loose else f"open to others: {', '.join(loose)}"
    return Finding("secrets", not loose, said, f"chmod 700 {place}; chmod 600 {place}/*")


def _roles() -> Finding:
    # A production machine may hold one role's DSN and none of the others.
    wanted = [os.environ.get("JIEDAO_ROLE") or "web"] if os.environ.get("DATABASE_ROLE_URL") else list(ROLES)
    for role in wanted:
        psycopg.connect(**parameters(role), connect_timeout=5).close()
    return Finding("roles", True, f"{', '.join(wanted)} can sign in")


def _asked(question: str, *values: object, role: str = "web") -> list[tuple[object, ...]]:
    with psycopg.connect(**parameters(role), connect_timeout=5) as connection:
        return connection.execute(question, values).fetchall()  # type: ignore[call-overload, no-any-return]


def _version() -> Finding:
    number = int(str(_asked("SHOW server_version_num")[0][0]))
    mend = "Use PostgreSQL 15 to 18."
    return Finding("postgresql", 150000 <= number < 190000, f"{number // 10000}.{number % 10000}", mend)


def _clock() -> Finding:
    before = time.time()
    theirs = _asked("SELECT extract(epoch FROM clock_timestamp())::float8")[0][0]
    away = abs(float(str(theirs)) - (before + time.time()) / 2)
    mend = "Set both machines by NTP (chrony, systemd-timesyncd)."
    return Finding("clock", away < 2, f"{away:.2f} s between this machine and the database", mend)


def _calendar() -> Finding:
    now = datetime.now(UTC)
    wanted = [now.year, now.year + 1] if now.month == 12 else [now.year]
    rows = _asked('SELECT DISTINCT extract(year FROM "on")::int FROM public.districts_calendarday')
    lacking = [year for year in wanted if year not in {row[0] for row in rows}]
    said = f"holidays of {', '.join(map(str, lacking))} are missing" if lacking else f"holidays of {wanted} are known"
    mend = "Update the package chinese-calendar (the year's notice comes in November), then jiedao migrate."
    return Finding("calendar", None if lacking and lacking != [now.year] else not lacking, said, mend)


def _trigger() -> Finding:
    asked = "SELECT tgenabled FROM pg_trigger WHERE tgname = 'procrastinate_jobs_notify_queue_job_inserted_v1'"
    rows = _asked(asked)
    off = bool(rows) and str(rows[0][0]) == "D"
    said = "procrastinate's insert trigger is off" if off else "procrastinate's insert trigger notifies inside"
    return Finding("queue_trigger", off, said, "jiedao migrate switches it off.")


def _queue() -> Finding:
    with psycopg.connect(**parameters("worker"), connect_timeout=5) as connection:
        stuck = len(stalled(connection))
    rows = _asked(
        "SELECT count(*) FILTER (WHERE status = 'todo'), count(*) FILTER (WHERE status = 'failed') "
        "FROM public.procrastinate_jobs",
        role="worker",
    )
    waiting, failed = rows[0]
    said = f"{waiting} waiting, {failed} failed, {stuck} left by dead workers"
    mend = "Run `jiedao work` and `jiedao work --ticker`; ./run does."
    return Finding("queue", None if stuck or failed else True, said, mend)


def _districts() -> Finding:
    rows = _asked("SELECT label FROM public.districts_district ORDER BY code")
    mend = "jiedao district create 320106 gulou, or jiedao demo"
    return Finding("districts", True if rows else None, ", ".join(str(row[0]) for row in rows) or "none", mend)


def _numbers() -> Finding:
    """Without next year's sequences, the first case of January would be refused."""
    years = [f"{(datetime.now(UTC).year + ahead) % 100:02d}" for ahead in (0, 1)]
    lacking = []
    for (schema,) in _asked("SELECT schema_name FROM public.districts_district", role="owner"):
        asked = "SELECT sequencename FROM pg_sequences WHERE schemaname = %s"
        there = {str(row[0]) for row in _asked(asked, schema, role="owner")}
        lacking += [f"{schema}.case_number_{year}" for year in years if f"case_number_{year}" not in there]
    said = f"missing: {', '.join(lacking)}" if lacking else "case numbers of this and the next year are ready"
    return Finding("case_numbers", not lacking, said, "jiedao migrate makes them.")


_ACCOUNTS = """
SELECT (SELECT count(DISTINCT person_id) FROM {s}.people_tenure WHERE valid_to IS NULL),
  count(*), count(*) FILTER (WHERE a.person_id IS NULL), count(*) FILTER (WHERE p.left_on <= current_date),
  count(a.person_id) - count(DISTINCT a.person_id)
FROM {s}.people_account a LEFT JOIN {s}.people_person p ON p.id = a.person_id WHERE a.is_active
"""


def _accounts() -> Finding:
    """Accounts counted against people (O3): 548 accounts for 547 workers is a question somebody must answer."""
    told, odd = [], 0
    for schema, label in _asked("SELECT schema_name, label FROM public.districts_district ORDER BY code", role="owner"):
        counted = _asked(_ACCOUNTS.format(s=sql.Identifier(str(schema)).as_string()), role="owner")[0]
        people, accounts, nobody, left, twice = (int(str(number)) for number in counted)
        odd += nobody + left + twice
        told.append(
            f"{label}: {people} people in post, {accounts} accounts ({nobody} of nobody, {left} of people who left, "
            f"{twice} second ones)"
        )
    mend = "Close what belongs to nobody or to people who left; a second account of one person needs a reason."
    return Finding("accounts", None if odd else True, "; ".join(told) or "no district yet", mend)


_SENDINGS = """
SELECT count(*) FILTER (WHERE state = 'failed' AND done_at > now() - interval '1 day'),
  count(*) FILTER (WHERE state IN ('waiting', 'begun') AND due_at < now() - interval '10 minutes'),
  (SELECT count(*) FROM {s}.notify_channel WHERE failing_since IS NOT NULL),
  (SELECT problem FROM {s}.notify_channel WHERE failing_since IS NOT NULL ORDER BY failing_since DESC LIMIT 1)
FROM {s}.notify_sending
"""


def _notices() -> Finding:
    """Notices by mail and chat: what was given up since yesterday, what lies, which channels fail and why."""
    told, odd = [], False
    for schema, label in _asked("SELECT schema_name, label FROM public.districts_district ORDER BY code", role="owner"):
        counted = _asked(_SENDINGS.format(s=sql.Identifier(str(schema)).as_string()), role="owner")[0]
        failed, late, failing = (int(str(number)) for number in counted[:3])
        if failed or late or failing:
            odd = True
            told.append(f"{label}: {failed} given up, {late} late, {failing} channels failing ({counted[3] or '-'})")
    mend = "See /notices/deliveries/; check MAIL_URL, OUTBOUND_HOSTS and that `jiedao work` runs."
    return Finding("notices_outside", None if odd else True, "; ".join(told) or "what left has arrived", mend)


IN_THE_DATABASE: dict[str, Callable[[], Finding]] = {
    "postgresql": _version,
    "clock": _clock,
    "districts": _districts,
    "calendar": _calendar,
    "queue_trigger": _trigger,
    "queue": _queue,
    "case_numbers": _numbers,
    "accounts": _accounts,
    "notices_outside": _notices,
}
