"""Two batches that open the same day at once: the second sees the first's partition, whatever its session had looked up."""

from django.db import migrations

# After the lock the catalogue is read, not asked by name: a name that was looked up in vain is remembered as absent.
OPEN = """
CREATE OR REPLACE FUNCTION {schema}.patrol_open_day(day date) RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER
SET search_path = {schema}, pg_temp AS $$
DECLARE part text := 'patrol_position_' || to_char(day, 'YYYYMMDD');
BEGIN
  IF to_regclass(part) IS NOT NULL THEN RETURN false; END IF;
  PERFORM pg_advisory_xact_lock(hashtextextended(current_schema() || '.' || part, 0));
  IF EXISTS (SELECT FROM pg_class WHERE relname = part AND relnamespace = current_schema()::regnamespace) THEN
    RETURN false;
  END IF;
  IF (SELECT count(*) FROM pg_inherits WHERE inhparent = 'patrol_position'::regclass) >= 64 THEN
    RAISE EXCEPTION 'more than 64 days of positions are open: nobody drops them';
  END IF;
  EXECUTE format('CREATE TABLE %I PARTITION OF patrol_position FOR VALUES FROM (%L) TO (%L)', part,
    day::timestamp AT TIME ZONE 'UTC', (day + 1)::timestamp AT TIME ZONE 'UTC');
  RETURN true;
END $$
"""


def replace(apps, schema_editor):
    schema = schema_editor.quote_name(schema_editor.connection.schema_name)
    schema_editor.execute(OPEN.replace("{schema}", schema), params=None)


class Migration(migrations.Migration):
    dependencies = [("patrol", "0001_initial")]

    operations = [migrations.RunPython(replace, migrations.RunPython.noop)]
