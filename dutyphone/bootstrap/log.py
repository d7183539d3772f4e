"""The log of a desk: opened, checked, rebuilt, asked how things stand."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from dutyphone.bootstrap.key import log_key
from dutyphone.clock import SystemClock
from dutyphone.config import Settings
from dutyphone.i18n import _

if TYPE_CHECKING:
    from dutyphone.store.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a question to the log came to."""

    ok: bool
    sentences: tuple[str, ...]


def open_store(settings: Settings, *, drill: bool, create: bool = True) -> Store:
    """The log, brought up to date. Raises `StoreError`."""
    from dutyphone.store.store import Store

    return Store.open(
        settings.database_url(drill=drill),
        create=create,
        key_folder=settings.folder(),
        key=log_key(settings, drill=drill),
    )


def verify_store(settings: Settings, *, drill: bool, against: Path | None = None) -> Report:
    """Check chain, head and projections, and that the log goes on from the copy `against`."""
    from dutyphone.store.manifest import read_manifest
    from dutyphone.store.verify import check_against, verify

    manifest = None if against is None else read_manifest(against)
    with open_store(settings, drill=drill, create=False) as store:
        found = verify(store)
        other = None if manifest is None else check_against(store, manifest)
    sentences = []
    if found.ok:
        sentences.append(_("The log is whole: {n} rows, chain, head and tables agree.").format(n=found.rows))
    if found.ok and found.purged:
        sentences.append(_("{n} of them were purged when their retention time was over.").format(n=found.purged))
    if found.first_bad is not None:
        sentences.append(
            _("Row {seq} of the journal is the first bad one: {what}.").format(
                seq=found.first_bad.seq, what=found.first_bad.what
            )
        )
    if found.head_problem:
        sentences.append(found.head_problem)
    sentences.extend(found.projection_differences)
    if other is not None:
        sentences.append(other)
    elif manifest is not None:
        sentences.append(
            _("It goes on from the copy of {at}, which had {n} rows.").format(
                at=manifest.made_at.astimezone(settings.time_zone()).strftime("%Y-%m-%d %H:%M"), n=manifest.rows
            )
        )
    return Report(ok=found.ok and other is None, sentences=tuple(sentences))


def rebuild_store(settings: Settings, *, drill: bool) -> int:
    """Make the projections anew; how many rows of the journal they stand on."""
    from dutyphone.store.rebuild import rebuild

    with open_store(settings, drill=drill) as store:
        rebuild(store)
        return store.last_seq()


def desk_status(settings: Settings, *, drill: bool) -> Report:
    """The desk in words."""
    from dutyphone_tui.plain import describe_desk

    from dutyphone.duty.shift_date import duty_day, shift_date

    now, zone = SystemClock().now().utc, settings.time_zone()
    with open_store(settings, drill=drill, create=False) as store:
        today = store.counts(*duty_day(shift_date(now, zone), zone))
        ok, sentences = describe_desk(store.recorders(), store.lines(), today, now=now, zone=zone)
    return Report(ok=ok, sentences=sentences)
