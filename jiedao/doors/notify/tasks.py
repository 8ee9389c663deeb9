"""Jobs of notices (通知任务): a channel's turn, the code that proves one, and the sweep over all districts."""

from uuid import UUID

from procrastinate.contrib.django import app

from jiedao.doors.notify import jobs, outbox
from jiedao.ground.districts import district
from jiedao.record.tasks import in_each


@app.task(name=jobs.TASK, queue=jobs.QUEUE)
def deliver(schema: str, channel: str) -> None:
    """The job: what is due by this channel. Its retries are rows of ours, with times that people can see."""
    with district(schema.removeprefix("d")):
        outbox.deliver(UUID(channel))


@app.task(name=jobs.PROVE, queue=jobs.QUEUE)
def prove(schema: str, channel: str) -> None:
    """The job: the code for a new channel."""
    with district(schema.removeprefix("d")):
        outbox.prove(UUID(channel))


def sweep_all() -> int:
    """Sends again, in every district, what a dead worker had begun."""
    return in_each("sending notices", outbox.sweep)
