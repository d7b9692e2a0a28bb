"""The one Celery task: a chore by its name. Nothing personal travels through the broker."""

from celery import shared_task

from vaxplatform import chores


@shared_task(name="vaxplatform.run_chore")
def run_chore(name: str) -> None:
    """Do a chore (vaxplatform.chores); safe to run twice."""
    chores.run_chore(name)
