"""The counter (窗口登记): a colleague takes down what somebody says, on his behalf, and tells him number and code."""

import base64
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from jiedao.doors.web import forms as told
from jiedao.doors.web import reporting, uploads
from jiedao.doors.web.report_form import ReportForm
from jiedao.doors.web.who import actor_of, staff
from jiedao.kit import vault
from jiedao.kit.refusal import Absent, Refused

WAYS = (
    ("window", gettext_lazy("At the counter or at the door")),
    ("hotline", gettext_lazy("On the phone")),
    ("community", gettext_lazy("On paper or through the community")),
)
ASKED = {"window": "in_person", "hotline": "phone", "community": "paper"}
"""How the person asked, for the record (代办)."""


class CounterForm(ReportForm):
    """What a resident tells, as a colleague writes it down."""

    channel = forms.ChoiceField(label=gettext_lazy("How it came to you"), choices=WAYS, widget=forms.RadioSelect)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("on_behalf", "mandate_way", "helper_name"):
            del self.fields[name]
        self.fields["words"].widget.attrs["data-jd-draft"] = "counter"


@require_http_methods(["GET", "POST"])
@staff
def counter(request: HttpRequest) -> HttpResponse:
    """The form; sent, the number and, once, the code to tell. Who has no post takes nothing down."""
    by = actor_of(request)
    if by.post is None:
        raise Absent
    if request.method != "POST":
        return _page(request, CounterForm(initial={"channel": "window"}), uploads.Uploads())
    files, form = uploads.taken(request), CounterForm(request.POST)
    refused = None
    if form.is_valid() and not files.refused:
        given = form.cleaned_data
        mandate = {"on_behalf": "staff", "mandate_way": ASKED[given["channel"]], "helper_name": ""}
        try:
            outcome = reporting.send(
                given | mandate, files, request.POST.get("key", ""), by=by, channel=given["channel"]
            )
        except Refused as no:
            refused = no
        else:
            return render(request, "desk/counter_done.html", _receipt(outcome))
    for line in files.errors:
        form.add_error("photos", line)
    return _page(request, form, files, refused)


def _page(
    request: HttpRequest, form: CounterForm, files: uploads.Uploads, refused: Refused | None = None
) -> HttpResponse:
    sentence = told.told(refused) if refused else None
    status = sentence.status if sentence else 422 if form.is_bound else 200
    return render(request, "desk/counter.html", {"form": form, "files": files, "told": sentence}, status=status)


def _receipt(outcome: dict[str, Any]) -> dict[str, Any]:
    code = vault.unwrap(base64.b64decode(outcome["code"]), f"code {outcome['key']}").decode()
    return {"number": outcome["number"], "code": f"{code[:4]}-{code[4:]}"}
