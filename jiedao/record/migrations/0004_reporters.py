"""Reporters (上报人): what a person reported is found without reading every case."""

import django.contrib.postgres.indexes
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("record", "0003_findable")]

    operations = [
        migrations.AddIndex(
            model_name="case",
            index=django.contrib.postgres.indexes.GinIndex(
                condition=models.Q(("reporters", []), _negated=True), fields=["reporters"], name="case_reporters"
            ),
        ),
    ]
