"""Certificates of people (人员证件): who keeps people enters what they are certified for, sees what ends, takes one back."""

from datetime import date
from typing import Any
from uuid import UUID

from django import forms as django_forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy, pgettext
from django.views.decorators.http import require_http_methods

from jiedao.doors.web import tabs
from jiedao.doors.web.shifts import Act, posted
from jiedao.doors.web.shifts_forms import MISSING
from jiedao.doors.web.templatetags.jiedao_ui import named
from jiedao.doors.web.who import actor_of, staff
from jiedao.ground.people import Actor, certificates
from jiedao.ground.terms import competence
from jiedao.ground.terms.models import Term, terms
from jiedao.kit.clock import today
from jiedao.kit.refusal import Absent
from jiedao.record.queries import PAGE, Count


def _day(label: Any, **kwargs: Any) -> django_forms.DateField:
    widget = django_forms.DateInput(attrs={"type": "date", "class": "short"}, format="%Y-%m-%d")
    return django_forms.DateField(label=label, widget=widget, error_messages={"required": MISSING}, **kwargs)


class Enter(django_forms.Form):
    """One certificate of one person."""

    person = django_forms.CharField(
        label=gettext_lazy("Whose (code or full name)"), max_length=60, error_messages={"required": MISSING}
    )
    kind = django_forms.ChoiceField(label=gettext_lazy("Kind of certificate"))
    number = django_forms.CharField(
        label=gettext_lazy("Number of the certificate"), max_length=60, error_messages={"required": MISSING}
    )
    issued_by = django_forms.CharField(label=gettext_lazy("Issued by"), max_length=120, required=False)
    valid_from = _day(gettext_lazy("Valid from"), initial=today)
    valid_until = _day(gettext_lazy("Valid until, that day included"), required=False)

    def __init__(self, kinds: dict[str, Term], data: Any = None) -> None:
        super().__init__(data)
        self.fields["kind"].choices = [(code, named(term)) for code, term in kinds.items()]  # type: ignore[attr-defined]


@require_http_methods(["GET", "POST"])
@staff
def page(request: HttpRequest) -> HttpResponse:
    """Everybody's certificates whom one keeps, by state, the next to end first."""
    by = actor_of(request)
    if not competence.may(by, certificates.KEEP):
        raise Absent
    kinds = terms(certificates.KINDS)
    form = Enter(kinds, request.POST if request.POST.get("what") == "enter" else None)
    acts: dict[str, Act] = {"enter": (form, _entered), "withdraw": (None, _withdrawn)}
    done, refusal = posted(request, by, acts, reverse("organisation_certificates"))
    if done:
        return done
    words = {
        "in_force": pgettext("certificate", "In force"),
        "ending": pgettext("certificate", "Ending within 30 days"),
        "over": pgettext("certificate", "Over"),
        "withdrawn": pgettext("certificate", "Withdrawn"),
    }
    tab, number = tabs.chosen(request, words), tabs.number(request)
    counts = {code: Count(certificates.listed(by, code).count()) for code in words}
    rows = list(certificates.listed(by, tab)[(number - 1) * PAGE : number * PAGE])
    shown = {
        "form": form,
        "refusal": refusal,
        "tabs": tabs.tabs(words, counts, tab, reverse("organisation_certificates")),
        "rows": [(row, kinds.get(row.kind), words[certificates.state(row)]) for row in rows],
        "pages": tabs.Pages(number, counts[tab], len(rows)),
        "keeps": competence.may(by, "organisation"),
    }
    return render(request, "organisation/certificates.html", shown, status=refusal.status if refusal else 200)


def _entered(by: Actor, said: dict[str, Any]) -> None:
    until: date | None = said["valid_until"]
    certificates.enter(
        certificates.person_of(said["person"], by), kind=said["kind"], number=said["number"], valid_until=until,
        issued_by=said["issued_by"], valid_from=said["valid_from"], by=by,
    )  # fmt: skip


def _withdrawn(by: Actor, given: Any) -> None:
    try:
        row = UUID(given.get("row", ""))
    except ValueError:
        raise Absent from None
    certificates.withdraw(row, by=by)
