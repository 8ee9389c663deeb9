from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("patrol", "0002_open_day_once")]

    operations = [
        migrations.AlterField(
            model_name="source",
            name="kind",
            field=models.CharField(
                choices=[
                    ("page", "Page"),
                    ("owntracks", "Owntracks"),
                    ("traccar", "Traccar"),
                    ("gpx", "Gpx"),
                    ("camera", "Camera"),
                ],
                max_length=10,
            ),
        ),
    ]
