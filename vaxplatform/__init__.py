"""The foundation of the platform: settings, wiring, and what knows no app."""

from vaxplatform.celery import app as celery_app

__all__ = ["celery_app"]
