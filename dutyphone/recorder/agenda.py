"""An alarm clock: APScheduler posts ticks into the inbox. What is due is decided by whoever takes them out."""

from __future__ import annotations

from collections.abc import Callable
from zoneinfo import ZoneInfo

from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger

from dutyphone.recorder.inbox import Tick

BEAT_EVERY_S = 5
"""How often the recorder says that it lives. Consoles take three missing beats for its death."""


class Agenda:
    """The reminders of one recorder."""

    def __init__(self, remind: Callable[[Tick], None], zone: ZoneInfo) -> None:
        self._scheduler = BackgroundScheduler(timezone=zone, daemon=True)
        self._scheduler.add_job(remind, IntervalTrigger(seconds=BEAT_EVERY_S), args=[Tick.BEAT], **_PUNCTUAL)
        self._scheduler.add_job(remind, CronTrigger(hour=0, minute=5, timezone=zone), args=[Tick.NEW_DAY], **_PUNCTUAL)

    def start(self) -> None:
        """Begin to remind, from a thread of the scheduler's."""
        self._scheduler.start()

    def stop(self) -> None:
        """No reminder comes after this returns."""
        self._scheduler.shutdown(wait=True)


_PUNCTUAL = {"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
"""Reminders missed while the machine slept come once, late, rather than not at all."""
