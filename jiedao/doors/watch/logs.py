"""Logs (日志): one line, or one JSON object a line, without personal data: numbers and names are masked, and of an error
its kind and where it happened are kept, not the values it was about.
"""

import json
import logging
import traceback
from datetime import UTC, datetime
from types import TracebackType

from jiedao.kit.text import mask_free

DEEPEST = 12
LONGEST = 2000


def said(record: logging.LogRecord) -> str:
    """What was logged, masked. The database adds whole rows to its errors (DETAIL): they are left out."""
    text = record.getMessage().split("\nDETAIL:", 1)[0].split("DETAIL:  ", 1)[0]
    return mask_free(text[:LONGEST])


def fault(record: logging.LogRecord) -> dict[str, object] | None:
    """The kind of an error and the lines it came through. None where none is told of."""
    if not record.exc_info or record.exc_info[0] is None:
        return None
    kind, error, trace = record.exc_info
    words = str(error).splitlines()[0] if str(error) else ""
    return {"kind": f"{kind.__module__}.{kind.__name__}", "said": mask_free(words[:300]), "where": _where(trace)}


def _where(trace: TracebackType | None) -> list[str]:
    frames = traceback.extract_tb(trace)[-DEEPEST:]
    return [f"{frame.filename.rsplit('/site-packages/', 1)[-1]}:{frame.lineno} {frame.name}" for frame in frames]


class Line(logging.Formatter):
    """For people: one line, an error's path below it."""

    def format(self, record: logging.LogRecord) -> str:
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        line = f"{at} {record.levelname} {record.name}: {said(record)}"
        if found := fault(record):
            line += f"\n  {found['kind']}: {found['said']}\n  " + "\n  ".join(map(str, found["where"]))  # type: ignore[call-overload]
        return line


class Json(logging.Formatter):
    """For a collector: one object a line."""

    def format(self, record: logging.LogRecord) -> str:
        told: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "from": record.name,
            "said": said(record),
            "process": record.process,
        }
        if found := fault(record):
            told["fault"] = found
        return json.dumps(told, ensure_ascii=False)
