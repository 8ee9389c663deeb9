"""Ringing (报警): a round of watching: read, judge, tell once what is new and once what is over, again after half a day."""

import fcntl
import logging
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings

from jiedao.doors.watch import alarms, notes, readings
from jiedao.ground.db.home import folder, home
from jiedao.kit.clock import now

AGAIN = timedelta(hours=12)
SCHEMES = ("mailto", "mailtos", "wecombot", "dingtalk", "feishu", "json", "jsons")
log = logging.getLogger("jiedao.watch")


def look() -> dict[str, Any]:
    """One round. Two at once (timer and ticker) would tell everything twice: the second gives what the first wrote."""
    lock_file = folder(home() / "watch") / "lock"
    with lock_file.open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return notes.get("state")
        told = readings.collect()
        state = follow(notes.get("state"), told, now())
        for line in state.pop("tell"):
            _tell(line)
        notes.put("state", state)
        return state


def follow(before: dict[str, Any], told: readings.Readings, at: datetime) -> dict[str, Any]:
    """The state after a round, from that before it; `tell` is what has to be said now.

    What may be a restart (`after` seconds) is shown at once and told only if it lasts.
    """
    known: dict[str, dict[str, Any]] = before.get("alarms", {})
    rings, tell = {}, []
    for alarm in alarms.ringing(told):
        name = alarm.kind.name
        one = {"since": at.isoformat(), "told": ""} | known.get(name, {}) | {"fact": list(alarm.fact)}
        lasted = at - datetime.fromisoformat(one["since"]) >= timedelta(seconds=alarm.kind.after)
        if at - datetime.fromisoformat(one["told"]) >= AGAIN if one["told"] else lasted:
            one["told"] = at.isoformat()
            tell.append(_words(alarm.kind, alarm.fact))
        rings[name] = one
    for name in known.keys() - rings.keys():
        if name in alarms.kinds() and known[name]["told"]:
            kind = alarms.kinds()[name]
            tell.append(f"恢复 {kind.zh}\nOver: {kind.en} ({name})")
    slow = told.get("statements", {}).get("slow", [])
    seen = [{**one, "at": at.isoformat()} for one in slow] + list(before.get("slow", []))
    return {"at": at.isoformat(), "readings": told, "alarms": rings, "slow": seen[:20], "tell": tell}


def _words(kind: alarms.Kind, fact: alarms.Fact) -> str:
    zh, en = fact
    return f"告警 {kind.zh}：{zh}\n处理：{kind.mend_zh}\nAlarm: {kind.en} ({kind.name}): {en}\nDo: {kind.mend_en}"


def _tell(words: str) -> None:
    """Into the log always, and to whoever ALARM_URLS names. That one cannot be reached is itself only logged."""
    log.warning("%s", words.replace("\n", " | "))
    for address in settings.ALARM_URLS:
        scheme = address.split("://", 1)[0]
        if scheme not in SCHEMES:
            log.error("ALARM_URLS: %s:// is not one of %s", scheme, ", ".join(SCHEMES))
        elif not send(address, words):
            log.error("an alarm could not be sent by %s", scheme)


def send(address: str, words: str) -> bool:
    """By apprise, whose plug-ins reach the network through our port once `transport` is loaded."""
    import apprise  # noqa: PLC0415 -- slow import

    from jiedao.doors.notify import transport  # noqa: F401, PLC0415 -- slow import

    target = apprise.Apprise.instantiate(address, suppress_exceptions=True)
    title = words.splitlines()[0][:60]
    return bool(target and target.notify(body=words, title=title, body_format=apprise.NotifyFormat.TEXT))


def round_() -> None:
    """What the ticker calls: its own sign of life, then the same round as the timer's."""
    notes.write("ticker", well=True)
    look()
