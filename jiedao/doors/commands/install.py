"""Install this release on this machine: units, proxy, configuration; without --write it only says what it would do (安装)."""

import argparse
from pathlib import Path

from jiedao.doors.install import changing, machine, writing
from jiedao.doors.install.layout import Layout, here
from jiedao.ground.db.checks import Finding
from jiedao.ground.db.home import CHECKOUT

EXAMPLES = """
  deploy/install --host jiedao.example.gov.cn            look: what is there, what would be written
  deploy/install --host jiedao.example.gov.cn --write    do it, start everything, wait until it is ready
  deploy/install --host jiedao.example.gov.cn --tls files --write
  deploy/install --host jiedao.example.gov.cn --database-url postgresql://jiedao_owner:…@db1/jiedao --write
It may run again at any time: what is as it should be stays, and your configuration is never overwritten.
exit code: 0 done or nothing stands against it, 1 something does
"""
MARKS = {True: "ok   ", None: "note ", False: "FAIL "}


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--host", required=True, help="the name that the districts' names end in")
    parser.add_argument("--write", action="store_true", help="do it; without this nothing is changed")
    parser.add_argument(
        "--port", type=int, default=8000, help="port of the pages behind the proxy (8000; live: the next)"
    )
    parser.add_argument("--workers", type=int, default=2, help="processes of the pages (2)")
    parser.add_argument("--district", default="", help="one district alone: its label, on every host name")
    parser.add_argument(
        "--tls",
        choices=sorted(writing.TLS),
        default="internal",
        help="certificates: Caddy's own (internal), from the internet (acme), yours (files)",
    )
    parser.add_argument(
        "--database-url", default="", help="a PostgreSQL of yours; without it, the one that comes along"
    )
    parser.add_argument(
        "--plain-http", action="store_true", help="no https: for a trial on one machine, never for residents"
    )
    parser.add_argument(
        "--prefix", type=Path, default=Path("/"), help="write everything below this folder, for a trial"
    )


def run(args: argparse.Namespace) -> int:
    layout = here(args.prefix)
    choices = writing.Choices(
        args.host, args.port, args.workers, args.district, args.tls, args.database_url, not args.plain_http
    )
    found = list(machine.findings(layout, choices))
    wanted = writing.files(layout, choices)
    _show(found, wanted)
    if bad := [one for one in found if one.well is False]:
        print(f"{len(bad)} of these must be mended first; nothing was changed.")
        return 1
    if not args.write:
        print("Nothing was changed. Next: the same command with --write.")
        return 0
    return _do(layout, choices, wanted)


def _show(found: list[Finding], wanted: list[writing.File]) -> None:
    for one in found:
        print(f"{MARKS[one.well]} {one.name:<14} {one.said}")
        if one.well is not True and one.mend:
            print(f"      mend: {one.mend}")
    for file in wanted:
        print(f"{file.state:<8} {file.path}")
        for line in file.lacking():
            print(f"         yours lacks: {line}")


def _do(layout: Layout, choices: writing.Choices, wanted: list[writing.File]) -> int:
    machine.user(layout)
    machine.write(layout, wanted)
    changing.switch(layout, CHECKOUT)
    if said := machine.verify_units(layout):
        print(f"systemd says of the units:\n{said}")
    machine.systemctl("daemon-reload")
    if choices.embedded:
        machine.systemctl("start", "jiedao-database.service")
    done = machine.jiedao(layout, "migrate")
    print((done.stdout + done.stderr).strip())
    if done.returncode:
        return 1
    units = [path.name for path in sorted(layout.units.glob("jiedao*")) if path.suffix != ".target"]
    machine.systemctl("enable", *[name for name in units if not _is_called_by_timer(name, units)], "jiedao.target")
    machine.systemctl("restart", "jiedao.target")
    machine.systemctl("restart", *changing.SERVING)
    if why := changing.wait_ready(layout):
        print(f"The pages did not become ready ({why}). Read: journalctl -u jiedao-web -n 50")
        return 1
    _next(layout, choices)
    return 0


def _is_called_by_timer(name: str, units: list[str]) -> bool:
    return name.endswith(".service") and name.replace(".service", ".timer") in units


def _next(layout: Layout, choices: writing.Choices) -> None:
    scheme = "https" if choices.https else "http"
    print(
        f"\nJiedao {layout.in_use()} runs; the pages answer at {scheme}://DISTRICT.{choices.host} once the proxy does."
    )
    print("Next:")
    print(f"  1. echo 'import {layout.etc}/Caddyfile' >> /etc/caddy/Caddyfile && systemctl reload caddy")
    print("  2. jiedao package import PACKAGE --yes               a district; jiedao package --help")
    print("  3. jiedao backup && jiedao backup keys --to /media/… the keys never beside the backups")
    print(f"  4. name in {layout.config} who hears alarms (ALARM_URLS); jiedao watch --test")
    print("  5. jiedao doctor")
