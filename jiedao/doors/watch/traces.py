"""Traces (链路追踪): a span for each request, with door, status and statements counted, to an OpenTelemetry collector.

Off unless TRACES_URL is set. What is sent goes through the port of calls outside: the collector's host and port stand
in OUTBOUND_HOSTS. No address, number or word of a person is in a span.
"""

import json
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.db import connection

from jiedao.kit import ports
from jiedao.kit.refusal import Refused
from jiedao.release import release

End = Callable[[str], None]


@contextmanager
def request(environ: dict[str, Any], door: str) -> Iterator[End]:
    """A span round a request; the end of it is told the status. Does nothing where no traces are wanted."""
    if not settings.TRACES_URL:
        yield lambda status: None
        return
    tracer, spans = _tracer(), {"count": 0, "seconds": 0.0}
    from opentelemetry.trace import SpanKind, Status, StatusCode  # noqa: PLC0415 -- optional dependency
    from opentelemetry.trace.propagation.tracecontext import (  # noqa: PLC0415 -- optional dependency
        TraceContextTextMapPropagator,
    )

    method = str(environ.get("REQUEST_METHOD", ""))
    above = TraceContextTextMapPropagator().extract({"traceparent": str(environ.get("HTTP_TRACEPARENT", ""))})
    with tracer.start_as_current_span(f"{method} {door}", context=above, kind=SpanKind.SERVER) as span:

        def end(status: str) -> None:
            span.set_attribute("http.request.method", method)
            span.set_attribute("http.route", door)
            span.set_attribute("http.response.status_code", int(status))
            span.set_attribute("db.statements", spans["count"])
            span.set_attribute("db.ms", round(spans["seconds"] * 1000, 1))
            if status >= "500":
                span.set_status(Status(StatusCode.ERROR))

        with connection.execute_wrapper(_counting(spans)):
            yield end


def _counting(spans: dict[str, Any]) -> Callable[..., Any]:
    def counted(execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: Any) -> Any:
        began = time.perf_counter()
        try:
            return execute(sql, params, many, context)
        finally:
            spans["count"] += 1
            spans["seconds"] += time.perf_counter() - began

    return counted


@lru_cache(maxsize=1)
def _tracer() -> Any:
    from opentelemetry.sdk.resources import Resource  # noqa: PLC0415 -- optional dependency
    from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415 -- optional dependency
    from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415 -- optional dependency

    told = {"service.name": "jiedao", "service.version": release()}
    provider = TracerProvider(resource=Resource(told), shutdown_on_exit=False)
    provider.add_span_processor(BatchSpanProcessor(_Exporter(told), schedule_delay_millis=2000))
    return provider.get_tracer("jiedao")


class _Exporter:
    """OTLP over HTTP in its JSON form: the collector's own clients bring another way out to the network."""

    def __init__(self, told: dict[str, str]) -> None:
        self._told = told

    def export(self, spans: Sequence[Any]) -> Any:
        from opentelemetry.sdk.trace.export import SpanExportResult  # noqa: PLC0415 -- optional dependency

        body = json.dumps({"resourceSpans": [{"resource": {"attributes": _attributes(self._told)},
                          "scopeSpans": [{"scope": {"name": "jiedao"}, "spans": [_span(one) for one in spans]}]}]})  # fmt: skip
        try:
            answer = ports.http.post(
                settings.TRACES_URL, body.encode(), {"Content-Type": "application/json"}, within=5.0
            )
        except (Refused, ports.Unreachable):
            return SpanExportResult.FAILURE
        return SpanExportResult.SUCCESS if 200 <= answer.status < 300 else SpanExportResult.FAILURE

    def shutdown(self) -> None:
        """Nothing is held."""

    def force_flush(self, timeout_millis: int = 0) -> bool:
        return True


def _span(one: Any) -> dict[str, Any]:
    told = {
        "traceId": f"{one.context.trace_id:032x}", "spanId": f"{one.context.span_id:016x}", "name": one.name, "kind": 2,
        "startTimeUnixNano": str(one.start_time), "endTimeUnixNano": str(one.end_time),
        "attributes": _attributes(dict(one.attributes or {})), "status": {"code": one.status.status_code.value},
    }  # fmt: skip
    return told | ({"parentSpanId": f"{one.parent.span_id:016x}"} if one.parent else {})


def _attributes(told: dict[str, Any]) -> list[dict[str, Any]]:
    def value(given: Any) -> dict[str, Any]:
        if isinstance(given, int):
            return {"intValue": str(given)}
        return {"doubleValue": given} if isinstance(given, float) else {"stringValue": str(given)}

    return [{"key": name, "value": value(given)} for name, given in told.items()]
