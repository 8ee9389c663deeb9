"""Read how this installation is and ring what is wrong; the timer calls it each minute (运行监测)."""

import argparse
import json
from datetime import datetime
from typing import Any

from jiedao.doors.watch import alarms, ringing
from jiedao.kit.clock import local

EXAMPLES = """
  jiedao watch            one round: read, judge, tell what is new
  jiedao watch --json
  jiedao watch --test     send a test to every address of ALARM_URLS
exit code: 0 nothing rings, 1 something does
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="readings and alarms as JSON")
    parser.add_argument("--test", action="store_true", help="try the addresses of ALARM_URLS")


def run(args: argparse.Namespace) -> int:
    if args.test:
        return _test()
    state = ringing.look()
    if args.json:
        print(json.dumps(state, ensure_ascii=False))
    else:
        _print(state)
    return int(bool(state.get("alarms")))


def _print(state: dict[str, Any]) -> None:
    told = state.get("readings", {})
    for name, fault in told.get("faults", {}).items():
        print(f"?    {name}: {fault}")
    queue, kept = told.get("queue", {}), told.get("kept", {})
    print(f"queue    {queue.get('waiting', '?')} waiting, {queue.get('failed', '?')} failed")
    age = kept.get("backup", {}).get("age")
    print(f"backup   {'none yet' if age is None else f'{age / 3600:.1f} hours old'}, under {kept.get('place', '?')}")
    for one in told.get("disk", []):
        print(f"disk     {one['of']}: {one['free'] / 1024**3:.1f} GB free")
    for name, alarm in state.get("alarms", {}).items():
        kind = alarms.kinds()[name]
        since = local(datetime.fromisoformat(alarm["since"]))
        print(f"ALARM    {kind.en} ({name}) since {since:%m-%d %H:%M}: {alarm['fact'][1]}\n         do: {kind.mend_en}")
    print(f"{len(state['alarms'])} alarms." if state.get("alarms") else "All is well: no alarm.")


def _test() -> int:
    from django.conf import settings  # noqa: PLC0415 -- app ready

    if not settings.ALARM_URLS:
        print("ALARM_URLS is empty: alarms stand in the log and on the operator's page alone.")
        return 1
    bad = 0
    for address in settings.ALARM_URLS:
        sent = ringing.send(address, "告警测试 / a test of alarms\nNothing is wrong.")
        bad += not sent
        print(f"{'sent  ' if sent else 'FAILED'} {address.split('://')[0]}")
    return int(bool(bad))
