"""Uploads of a form (随表上传): taken before the write and kept through a refusal; nobody photographs twice."""

import base64
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from django import forms
from django.core import signing
from django.http import HttpRequest
from django.utils.translation import get_language

from jiedao.doors import words
from jiedao.doors.web import widgets
from jiedao.ground import store
from jiedao.ground.store import Stored
from jiedao.kit.refusal import Refused
from jiedao.record.attachments import MOST

SALT = "jiedao.uploads"
GOOD_FOR = 20 * 3600
"""Seconds; what no row names is swept from the store after a day."""


class FilesField(forms.Field):
    """Draws the field; what came in is taken by `taken`, for files outlive the form they came with."""

    widget = widgets.Files

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(required=False, **kwargs)
        self.widget.attrs |= {"accept": "image/jpeg,image/png,image/webp,application/pdf,audio/*"}

    def clean(self, value: Any) -> None:
        return None


@dataclass
class Uploads:
    """What a form has so far: files in the store, and those that were refused, in words."""

    files: list[Stored] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)

    @property
    def errors(self) -> list[str]:
        """The refusals in the page's language."""
        return [words.say(refused, get_language() or "zh").text for refused in self.refused]

    @property
    def token(self) -> str:
        """The files as the page carries them: signed, so that nobody hangs another's file on his own request."""
        packed = [_packed(file) for file in self.files]
        return signing.dumps(packed, salt=SALT, compress=True) if packed else ""

    @property
    def shown(self) -> list[dict[str, str]]:
        """Each file as the refused page shows it: its name, its hash to drop it by, and its small picture."""
        return [
            {"name": file.name, "sha": file.sha256.hex(), "src": _picture(file)} for file in self.files
        ]  # fmt: skip


def taken(request: HttpRequest, name: str = "photos") -> Uploads:
    """Everything a posted form holds: what it carried along, less what was dropped, and what came new."""
    uploads = Uploads()
    dropped = set(request.POST.getlist("drop"))
    try:
        kept = _kept(request.POST.get("kept", ""))
    except Refused as refused:
        uploads.refused.append(refused)
        kept = []
    uploads.files = [file for file in kept if file.sha256.hex() not in dropped]
    for sent in request.FILES.getlist(name):
        try:
            if len(uploads.files) >= MOST:
                raise Refused("too_many_files", most=MOST)
            file = store.take(sent.chunks(), sent.name or "file")
        except Refused as refused:
            uploads.refused.append(refused)
            continue
        if all(file.sha256 != known.sha256 for known in uploads.files):
            uploads.files.append(file)
    return uploads


def _packed(file: Stored) -> dict[str, Any]:
    plain = asdict(file) | {"sha256": file.sha256.hex()}
    return plain | {"taken_at": file.taken_at.isoformat() if file.taken_at else None}


def _kept(token: str) -> Sequence[Stored]:
    if not token:
        return []
    try:
        packed = signing.loads(token, salt=SALT, max_age=GOOD_FOR)
    except signing.BadSignature:
        raise Refused("unknown_file", given="…") from None
    return [
        Stored(
            **{
                **one,
                "sha256": bytes.fromhex(one["sha256"]),
                "taken_at": datetime.fromisoformat(one["taken_at"]) if one["taken_at"] else None,
            }
        )
        for one in packed
    ]


def _picture(file: Stored) -> str:
    """The thumbnail as a data address: nothing that was not sent yet is served by a link."""
    if not file.thumb:
        return ""
    try:
        return "data:image/jpeg;base64," + base64.b64encode(store.read(file.thumb)).decode()
    except FileNotFoundError:
        return ""
