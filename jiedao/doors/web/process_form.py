"""Forms of a process (流程表单): one line of a definition as fields, and back into values for `drafts.change`."""

from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext, gettext_lazy, pgettext

from jiedao.doors.acts import ACTS
from jiedao.doors.web import process_table as table
from jiedao.doors.web import widgets
from jiedao.lines.processes import reading
from jiedao.lines.processes.edits import Data
from jiedao.record.verbs import PHASES, STANDINGS, STEPS, VERBS

NAMED = ("item", "named")
FROM_OUTSIDE = {"item": gettext_lazy("as the duty item says"), "named": gettext_lazy("as named on the order")}


def line(data: Data, part: str, key: str) -> dict[str, Any]:
    """The line as it stands, empty for a new one."""
    if part == "frame":
        return {**data, "cap": data.get("pause", {}).get("cap", "")}
    if part == "moves":
        return dict(data["moves"][int(key)]) if key.isdigit() and int(key) < len(data["moves"]) else {}
    if part == "reasons":
        label = data.get("pause", {}).get("reasons", {}).get(key)
        return {"label": label} if label else {}
    found = data.get(part, {}).get(key)
    return dict(found) if isinstance(found, dict) else {}


class LineForm(forms.Form):
    """One line of one part. Fields come from the part; their first values from the line."""

    def __init__(self, data: Data, part: str, key: str, given: QueryDict | None = None) -> None:
        now = line(data, part, key)
        self.part, self.key, self.is_new = part, key, part != "frame" and not now
        super().__init__(given, initial=_initial(now), prefix=None)
        build = {
            "frame": _frame, "states": _states, "moves": _moves, "steps": _steps, "roles": _roles, "reasons": _reasons,
        }  # fmt: skip
        self.fields = build[part](data, now, self.is_new)

    def values(self) -> dict[str, Any]:
        """What was filled in, as the definition writes it."""
        given = self.cleaned_data
        found: dict[str, Any] = {}
        for name in ("phase", "standing", "moves", "to", "counts_from", "verb", "source"):
            if name in given:
                found[name] = given[name]
        for name in ("from", "by", "needs", "when", "posts", "opened_by"):
            if name in given:
                found[name] = list(given[name])
        for name in ("pauses", "end", "asked", "asks_rating"):
            if name in given:
                found[name] = bool(given[name])
        for name in ("label", "resident"):
            if f"{name}_zh" in given:
                pair = {"zh": given[f"{name}_zh"].strip(), "en": given[f"{name}_en"].strip()}
                found[name] = pair if any(pair.values()) else {}
        return found | self._limits(given) | self._signatures(given)

    def _limits(self, given: dict[str, Any]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for name in ("limit", "promise", "reopen"):
            if name in given:
                within = given.get(f"{name}_outside") or given[name] or ""
                found[name] = {"within": within, "source": given.get(f"{name}_source", "").strip()} if within else {}
        for name in ("remind_again_after", "cap"):
            if name in given:
                found[name] = given[name] or ""
        return found

    def _signatures(self, given: dict[str, Any]) -> dict[str, Any]:
        if "signers" not in given:
            return {}
        return {"signed_by": {given["sign_rule"] or "all": list(given["signers"])} if given["signers"] else {}}


def _initial(now: dict[str, Any]) -> dict[str, Any]:
    first: dict[str, Any] = {"asked": True, "asks_rating": True, "moves": "last"} | {
        name: value for name, value in now.items() if not isinstance(value, dict)
    }
    for name in ("label", "resident"):
        for language in ("zh", "en"):
            first[f"{name}_{language}"] = (now.get(name) or {}).get(language, "")
    for name in ("limit", "promise", "reopen"):
        written = now.get(name) or {}
        outside = str(written.get("within", "")) in NAMED
        first[name] = "" if outside else written.get("within", "")
        first[f"{name}_outside"] = written.get("within", "") if outside else ""
        first[f"{name}_source"] = written.get("source", "")
    signed = now.get("signed_by") or {}
    first |= {"sign_rule": next(iter(signed), "all"), "signers": next(iter(signed.values()), [])}
    return first


Fields = dict[str, forms.Field]


def _words(name: str, label: str, *, rows: int = 0, required: bool = True) -> Fields:
    """A text in both languages."""
    widget: Any = forms.Textarea(attrs={"rows": rows}) if rows else forms.TextInput()
    return {
        f"{name}_{code}": forms.CharField(
            label=f"{label} ({language})", max_length=400, required=required, widget=widget
        )
        for code, language in (("zh", "中文"), ("en", "English"))
    }


def _time(name: str, label: str, *, outside: bool = False) -> Fields:
    found: Fields = {name: forms.Field(label=label, required=False, widget=widgets.LimitInput())}
    if outside:
        choices = [("", gettext("a fixed time, above")), *FROM_OUTSIDE.items()]
        found[f"{name}_outside"] = forms.ChoiceField(
            label=gettext("Or it is set elsewhere"), choices=choices, required=False
        )
    source = forms.CharField(label=gettext("Where this limit comes from"), max_length=120, required=False)
    return found | {f"{name}_source": source}


def _choice(label: str, choices: list[tuple[str, str]], *, required: bool = True) -> forms.ChoiceField:
    return forms.ChoiceField(label=label, choices=choices if required else [("", "–"), *choices], required=required)


def _several(label: str, choices: list[tuple[str, str]], *, required: bool = False) -> forms.MultipleChoiceField:
    return forms.MultipleChoiceField(
        label=label, choices=choices, required=required, widget=forms.CheckboxSelectMultiple
    )


def _yes(label: str) -> forms.BooleanField:
    return forms.BooleanField(label=label, required=False)


def _code() -> forms.CharField:
    hint = gettext("Small letters, digits and _; it stands on the record and never changes.")
    return forms.CharField(label=gettext("Code"), max_length=40, help_text=hint)


def _of(lines: dict[str, Any]) -> list[tuple[str, str]]:
    return [(code, table.labelled(one.get("label")) or code) for code, one in lines.items()]


def _frame(data: Data, now: dict[str, Any], is_new: bool) -> Fields:
    return {
        **_words("label", pgettext("of a process", "Name")),
        **_time("promise", gettext("Promise to who reported"), outside=True),
        **_time("reopen", gettext("May be reopened within")),
        "remind_again_after": forms.Field(
            label=gettext("A second reminder after"), required=False, widget=widgets.LimitInput()
        ),
        "cap": forms.Field(label=gettext("Pauses add up to at most"), required=False, widget=widgets.LimitInput()),
        "asks_rating": _yes(gettext("Asks for a rating")),
        "opened_by": _several(gettext("May be opened by"), _of(data["roles"]), required=True),
        "counts_from": _choice(gettext("Counts from"), _of(data["states"])),
    }


def _states(data: Data, now: dict[str, Any], is_new: bool) -> Fields:
    phases = [(code, pair[table.language()]) for code, pair in PHASES.items()]
    return {
        **({"code": _code()} if is_new else {}),
        **_words("label", pgettext("of a process", "Name")),
        "phase": _choice(gettext("Phase"), phases),
        **_time("limit", gettext("Limit")),
        **_words("resident", gettext("What the resident reads"), rows=2),
        "pauses": _yes(gettext("The promise stands still in it")),
        "end": _yes(gettext("The case is over in it")),
    }


def _moves(data: Data, now: dict[str, Any], is_new: bool) -> Fields:
    states, roles = _of(data["states"]), _of(data["roles"])
    verbs = [(code, (verb.zh, verb.en)[table.language()]) for code, verb in VERBS.items() if code in ACTS]
    needs = table.needs_of(now.get("verb", ""))
    return {
        **({"verb": _choice(gettext("What is done"), verbs)} if is_new else {}),
        "from": _several(gettext("In which states"), states, required=True),
        "to": _choice(gettext("Leads to"), states, required=False),
        "by": _several(gettext("Who may do it"), roles, required=True),
        **({"needs": _several(gettext("What must be filled in"), needs)} if needs else {}),
        "when": _several(gettext("Only if"), table.conditions()),
        "signers": _several(gettext("Who must sign before it happens"), roles),
        "sign_rule": _choice(
            gettext("How many of them"), [("all", gettext("all of them")), ("any", gettext("any one of them"))]
        ),
        **_words("label", gettext("Word on the button"), required=False),
        "source": forms.CharField(label=gettext("Where this comes from"), max_length=200, required=False),
    }


def _steps(data: Data, now: dict[str, Any], is_new: bool) -> Fields:
    left = [(code, words[1 + table.language()]) for code, words in STEPS.items() if code not in data.get("steps", {})]
    return {
        **({"code": _choice(gettext("Step of an order"), left)} if is_new else {}),
        "moves": _choice(gettext("Moves the case"), [(code, table.whose(code)) for code in ("first", "lead", "last")]),
        **_time("limit", gettext("Limit"), outside=True),
        "asked": _yes(gettext("Asked for")),
    }


def _roles(data: Data, now: dict[str, Any], is_new: bool) -> Fields:
    kinds = list(reading.post_kinds(table.language()).items())
    standings = [(code, pair[table.language()]) for code, pair in STANDINGS.items()]
    return {
        **({"code": _code()} if is_new else {}),
        **_words("label", pgettext("of a process", "Name")),
        "standing": _choice(gettext("What they are to the case"), standings),
        "posts": _several(gettext("Post kinds; none means any"), kinds),
    }


def _reasons(data: Data, now: dict[str, Any], is_new: bool) -> Fields:
    return {**({"code": _code()} if is_new else {}), **_words("label", pgettext("of a process", "Name"))}
