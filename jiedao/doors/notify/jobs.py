"""The jobs of notices as rows (送达任务): deferred in the transaction of what they are to tell of."""

from datetime import datetime
from uuid import UUID

from django.db import connection

from jiedao.ground.districts import schema

QUEUE, TASK, PROVE = "notices", "jiedao.deliver", "jiedao.prove_channel"


def defer(task: str, channel: UUID, at: datetime) -> None:
    """A job in this transaction: the channel's turn at a moment. A second one for the same moment finds nothing to do."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO public.procrastinate_jobs (queue_name, task_name, priority, args, scheduled_at)"
            " VALUES (%s, %s, 0, jsonb_build_object('schema', %s::text, 'channel', %s::text), %s)",
            [QUEUE, task, schema(), str(channel), at],
        )
