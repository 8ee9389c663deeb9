"""Lean indexes (精简索引): what a work list asks stands in one index; duplicates of others, and unused ones, are gone."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("duties", "0001_initial"),
        ("people", "0002_guesses"),
        ("places", "0001_initial"),
        ("record", "0001_initial"),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name="case",
            name="case_phase_due",
        ),
        migrations.RemoveIndex(
            model_name="deadline",
            name="deadline_case",
        ),
        migrations.AlterField(
            model_name="case",
            name="area",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="places.area",
            ),
        ),
        migrations.AlterField(
            model_name="case",
            name="from_unit",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="people.unit",
            ),
        ),
        migrations.AlterField(
            model_name="case",
            name="grown_from",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="record.dispatchorder",
            ),
        ),
        migrations.AlterField(
            model_name="case",
            name="holder",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="people.unit",
            ),
        ),
        migrations.AlterField(
            model_name="case",
            name="item",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="duties.dutyitem",
            ),
        ),
        migrations.AlterField(
            model_name="case",
            name="merged_into",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="merged",
                to="record.case",
            ),
        ),
        migrations.AlterField(
            model_name="case",
            name="parent",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="children",
                to="record.case",
            ),
        ),
        migrations.AlterField(
            model_name="dispatchorder",
            name="item",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="duties.dutyitem",
            ),
        ),
        migrations.AlterField(
            model_name="dispatchorder",
            name="sender",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="people.unit",
            ),
        ),
        migrations.AlterField(
            model_name="dispatchorder",
            name="unit",
            field=models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="people.unit"
            ),
        ),
        migrations.AlterField(
            model_name="effect",
            name="entry",
            field=models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="effects", to="record.entry"
            ),
        ),
        migrations.AlterField(
            model_name="entry",
            name="case",
            field=models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="entries", to="record.case"
            ),
        ),
        migrations.AlterField(
            model_name="ring",
            name="deadline",
            field=models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="rings", to="record.deadline"
            ),
        ),
        migrations.AddIndex(
            model_name="case",
            index=models.Index(
                condition=models.Q(("phase", "closed"), _negated=True),
                fields=["phase", "due_at"],
                include=("id", "kind", "severity", "state", "process", "holder", "area_path", "reported_units"),
                name="case_running",
            ),
        ),
        migrations.AddIndex(
            model_name="case",
            index=models.Index(
                condition=models.Q(("merged_into__isnull", False)), fields=["merged_into"], name="case_merged_into"
            ),
        ),
        migrations.AddIndex(
            model_name="case",
            index=models.Index(
                condition=models.Q(("from_unit__isnull", False)), fields=["from_unit"], name="case_from_unit"
            ),
        ),
    ]
