"""Heard (被征求意见): a third role of an order: who is asked for an opinion and gets no work."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("record", "0004_reporters")]

    operations = [
        migrations.AlterField(
            model_name="dispatchorder",
            name="role",
            field=models.CharField(choices=[("lead", "Lead"), ("helper", "Helper"), ("heard", "Heard")], max_length=8),
        ),
    ]
