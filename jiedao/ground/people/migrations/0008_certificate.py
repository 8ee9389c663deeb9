import django.db.models.deletion
from django.db import migrations, models

import jiedao.kit.ids


class Migration(migrations.Migration):
    dependencies = [("people", "0007_account_password_at_signin")]

    operations = [
        migrations.CreateModel(
            name="Certificate",
            fields=[
                (
                    "id",
                    models.UUIDField(default=jiedao.kit.ids.new_id, editable=False, primary_key=True, serialize=False),
                ),
                ("kind", models.CharField(max_length=20)),
                ("number", models.CharField(max_length=60)),
                ("issued_by", models.CharField(blank=True, max_length=120)),
                ("valid_from", models.DateField()),
                ("valid_until", models.DateField(null=True)),
                ("withdrawn_on", models.DateField(null=True)),
                ("made_at", models.DateTimeField()),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="certificates", to="people.person"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("withdrawn_on", None)),
                        fields=("kind", "number"),
                        name="one_certificate_per_kind_and_number",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("valid_until", None), ("valid_until__gte", models.F("valid_from")), _connector="OR"
                        ),
                        name="a_certificate_ends_after_it_began",
                    ),
                ],
            },
        ),
    ]
