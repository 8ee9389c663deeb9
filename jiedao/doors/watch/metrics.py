"""Metrics (指标): requests counted by door, and the last readings as gauges, in Prometheus' form.

A door is the first word of an address, never a number or a token in it. Several processes count into one folder.
"""

import os
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.urls import URLPattern, URLResolver, get_resolver

from jiedao.doors.watch import notes
from jiedao.ground.db.home import folder, home

KIND = "text/plain; version=0.0.4; charset=utf-8"
METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"})
BUCKETS = (0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0)


def prepare() -> None:
    """Where the processes count together; to be named before the library is loaded."""
    if settings.METRICS:
        os.environ.setdefault("PROMETHEUS_MULTIPROC_DIR", str(folder(home() / "metrics")))


@lru_cache(maxsize=1)
def _doors() -> frozenset[str]:
    def words(resolver: Any, before: str = "") -> Any:
        for one in resolver.url_patterns:
            route = before + str(one.pattern)
            if isinstance(one, URLResolver):
                yield from words(one, route)
            elif isinstance(one, URLPattern):
                yield route.lstrip("^").split("/")[0]

    return frozenset(word for word in words(get_resolver()) if word.replace("-", "").isalpha()) | {"static", "api"}


def door(path: str) -> str:
    """The door of an address; `other` for what is none of ours."""
    first = path.strip("/").split("/", 1)[0]
    return (first or "home") if not first or first in _doors() else "other"


@lru_cache(maxsize=1)
def _counters() -> tuple[Any, Any]:
    prepare()
    from prometheus_client import Counter, Histogram  # noqa: PLC0415 -- optional dependency

    counted = Counter("jiedao_requests", "Requests answered", ["method", "door", "status"])
    took = Histogram("jiedao_request_seconds", "How long an answer took", ["door"], buckets=BUCKETS)
    return counted, took


def count(method: str, at: str, status: str, seconds: float) -> None:
    """One request, if metrics are switched on."""
    if settings.METRICS:
        counted, took = _counters()
        counted.labels(method if method in METHODS else "other", at, status).inc()
        took.labels(at).observe(seconds)


def text() -> bytes:
    """Everything, as Prometheus reads it."""
    _counters()
    from prometheus_client import CollectorRegistry, generate_latest, multiprocess  # noqa: PLC0415 -- optional dependency

    registry = CollectorRegistry()
    multiprocess.MultiProcessCollector(registry)
    own = CollectorRegistry(auto_describe=False)
    _gauges(own)
    return bytes(generate_latest(registry) + generate_latest(own))


def _gauges(registry: Any) -> None:
    from prometheus_client import Gauge  # noqa: PLC0415 -- optional dependency

    def gauge(name: str, what: str, *labels: str) -> Any:
        return Gauge(f"jiedao_{name}", what, labels, registry=registry)

    state = notes.get("state")
    told = state.get("readings", {})
    rings = gauge("alarm", "1 while an alarm rings", "alarm")
    for name in state.get("alarms", {}):
        rings.labels(name).set(1)
    jobs = gauge("jobs", "Jobs by state", "state")
    for name in ("waiting", "doing", "failed", "stalled"):
        jobs.labels(name).set(told.get("queue", {}).get(name, 0))
    gauge("oldest_job_seconds", "Age of the oldest waiting job").set(told.get("queue", {}).get("oldest", 0))
    ages = gauge("age_seconds", "Since something last went well", "of")
    for name in ("backup", "drill", "verify", "ticker"):
        if (age := told.get("kept", {}).get(name, {}).get("age")) is not None:
            ages.labels(name).set(age)
    free = gauge("disk_free_bytes", "Free on the disk of", "of")
    for one in told.get("disk", []):
        free.labels(one["of"]).set(one["free"])
    open_ = gauge("deadlines", "Limits overdue, or due within a day", "district", "state")
    for one in told.get("districts", []):
        for name in ("overdue", "soon", "unrung"):
            open_.labels(one["label"], name).set(one[name])
