"""Celery: only a way to be woken. What is owed stands in PostgreSQL (certificates.IssuanceJob)."""

import os
from typing import Any

from celery import Celery

from vaxplatform.logs import configure_celery_logs

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "vaxplatform.settings")

app = Celery("vaxplatform")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
configure_celery_logs(app)


@app.on_after_finalize.connect
def _schedule_chores(sender: Celery, **_kwargs: Any) -> None:
    """One beat entry per chore; it expires before the next, so that a stopped worker finds one."""
    from vaxplatform.chores import CHORES
    from vaxplatform.tasks import run_chore

    for chore in CHORES.values():
        sender.add_periodic_task(
            chore.every_seconds,
            run_chore.s(chore.name),
            name=chore.name,
            expires=chore.every_seconds,
        )
