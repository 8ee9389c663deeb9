"""Data classes (数据分级): every field of every table carries one; a new field without one fails here (A9, G36)."""

import pytest
from django.apps import apps
from django.conf import settings

from jiedao.ground.db.rows import CLASSES, class_of, unclassified

OURS = [model for model in apps.get_models() if model.__module__.startswith("jiedao.")]

THEIRS = {
    "account.EmailAddress": "P2",
    "account.EmailConfirmation": "P2",
    "auth.Group": "P1",
    "auth.Permission": "P1",
    "contenttypes.ContentType": "P1",
    "mfa.Authenticator": "P3",
    "socialaccount.SocialAccount": "P2",
    "socialaccount.SocialApp": "P1",
    "socialaccount.SocialToken": "P3",
    "sessions.Session": "P3",
    "procrastinate.ProcrastinateEvent": "P1",
    "procrastinate.ProcrastinateJob": "P1",
    "procrastinate.ProcrastinatePeriodicDefer": "P1",
    "procrastinate.ProcrastinateWorker": "P1",
}
"""Tables of other people's packages: the class of the most private thing in each."""


@pytest.mark.parametrize("model", OURS, ids=lambda model: model._meta.label)
def test_every_field_of_ours_carries_a_class(model):
    assert unclassified(model) == []


@pytest.mark.parametrize("model", OURS, ids=lambda model: model._meta.label)
def test_every_class_is_one_of_the_five_and_names_fields_that_exist(model):
    fields = {field.name for field in model._meta.concrete_fields}

    assert set(model.holds) <= set(CLASSES)
    assert {name for names in model.holds.values() for name in names.split()} - fields == set()


def test_tables_of_others_are_listed_one_by_one():
    theirs = {model._meta.label for model in apps.get_models() if not model.__module__.startswith("jiedao.")}

    assert theirs == set(THEIRS)


def test_a_field_nobody_classified_is_found(monkeypatch):
    model = apps.get_model("record.Case")
    monkeypatch.setattr(model, "holds", {"P1": "number"})

    assert "caller_mask" in unclassified(model)
    assert class_of(model, "caller_mask") is None


def test_who_reported_and_where_people_were_lies_behind_the_second_wall():
    secured = {model._meta.label for model in OURS if getattr(model, "row_secured", False)}

    assert secured == {
        "exports.ExportFile", "notify.Address", "patrol.LastPosition", "patrol.Position", "people.Contact", "people.Statement",
    }  # fmt: skip


def test_facts_are_insert_only():
    facts = {model._meta.label for model in OURS if getattr(model, "append_only", False)}

    assert facts >= {
        "journal.Change",
        "journal.Look",
        "journal.Seal",
        "record.Check",
        "record.Effect",
        "record.Entry",
        "record.Event",
        "record.Rating",
        "record.Ring",
        "record.Words",
    }


def test_nothing_of_a_person_lies_outside_a_district():
    public = [model for model in OURS if model._meta.app_config.name in settings.SHARED_APPS]
    personal = [
        f"{model._meta.label}.{field.name}"
        for model in public
        for field in model._meta.concrete_fields
        if class_of(model, field.name) in ("P2", "P3")
    ]

    assert personal == []
