from django.db import migrations, models

import jiedao.kit.ids


class Migration(migrations.Migration):
    dependencies = [
        ("people", "0003_five_districts"),
    ]

    operations = [
        migrations.AddField(
            model_name="account",
            name="epoch",
            field=models.PositiveIntegerField(db_default=0, default=0),
        ),
        migrations.CreateModel(
            name="Reorganisation",
            fields=[
                (
                    "id",
                    models.UUIDField(default=jiedao.kit.ids.new_id, editable=False, primary_key=True, serialize=False),
                ),
                ("name", models.CharField(max_length=120)),
                ("effective_on", models.DateField()),
                ("changes", models.JSONField(default=list)),
                ("basis", models.CharField(blank=True, max_length=200)),
                ("made_at", models.DateTimeField()),
                ("made_by", models.UUIDField(null=True)),
                ("done_at", models.DateTimeField(null=True)),
                ("dropped_at", models.DateTimeField(null=True)),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("done_at", None), ("dropped_at", None), _connector="OR"),
                        name="a_reorganisation_done_is_not_dropped",
                    )
                ],
            },
        ),
    ]
