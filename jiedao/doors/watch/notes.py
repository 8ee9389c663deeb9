"""Notes (运行记录): what the last backup, drill, verification and round came to, one small file each in the data folder."""

import json
import os
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from jiedao.ground.db.home import folder, home
from jiedao.kit.clock import now


@dataclass(frozen=True)
class Note:
    """When it was last tried, when it last went well, and what was said."""

    at: datetime
    well_at: datetime | None
    said: str

    @property
    def well(self) -> bool:
        return self.well_at == self.at


def place(name: str) -> Path:
    return home() / "watch" / f"{name}.json"


def write(name: str, *, well: bool, said: str = "") -> None:
    """Keeps when it last went well through failures after it."""
    before, at = read(name), now()
    well_at = at if well else (before.well_at if before else None)
    put(name, {"at": at.isoformat(), "well_at": well_at.isoformat() if well_at else None, "said": said[:300]})


def read(name: str) -> Note | None:
    """None if it was never tried here."""
    told = get(name)
    try:
        well_at = told.get("well_at")
        good = datetime.fromisoformat(well_at) if well_at else None
        return Note(datetime.fromisoformat(told["at"]), good, str(told.get("said", "")))
    except (KeyError, ValueError):
        return None


def put(name: str, told: dict[str, Any]) -> None:
    """A reader finds all of it or what was before."""
    path = place(name)
    folder(path.parent)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.write_text(json.dumps(told, ensure_ascii=False), encoding="utf-8")
    draft.replace(path)


def get(name: str) -> dict[str, Any]:
    """Empty where nothing was written, or where it cannot be read."""
    try:
        return dict(json.loads(place(name).read_text(encoding="utf-8")))
    except (OSError, ValueError):
        return {}
