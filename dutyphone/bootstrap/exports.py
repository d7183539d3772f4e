"""Exports, for the command line and for the console."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from dutyphone import i18n
from dutyphone.bootstrap.log import open_store
from dutyphone.clock import SystemClock
from dutyphone.config import Settings
from dutyphone.duty.shift_date import DAY_STARTS, shift_date
from dutyphone.errors import OutputError
from dutyphone.i18n import _

if TYPE_CHECKING:
    from dutyphone_tui.desk import ExportOrder

    from dutyphone.outputs.csv_file import Encoding
    from dutyphone.outputs.export import ExportResult
    from dutyphone.store.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportRequest:
    """Which calls, and how they are to be written. The names are those of the command line."""

    from_at: datetime
    until_at: datetime
    path: Path
    format: str
    profile: str = "people"
    encoding: str | None = None
    drill: bool = False


def export_calls(settings: Settings, order: ExportRequest, on_progress: Callable[[int, int], None]) -> ExportResult:
    """Export the calls of a span of time. Raises `OutputError`, `StoreError`."""
    with open_store(settings, drill=order.drill, create=False) as store:
        return _export(store, settings, order, on_progress)


def export_name(settings: Settings, from_at: datetime, until_at: datetime, suffix: str, *, drill: bool) -> str:
    """What an export is called that was not given a name: the days it covers, and that it is a drill.

    A span that begins when days of duty begin is named after days of duty.
    """
    zone = settings.time_zone()
    day_starts = DAY_STARTS if from_at.astimezone(zone).time() == DAY_STARTS else time()
    first = shift_date(from_at, zone, day_starts)
    last = shift_date(until_at - timedelta(microseconds=1), zone, day_starts)
    days = f"{first}" if first == last else f"{first}_{last}"
    return _("calls_{days}").format(days=days) + (_("_drill") if drill else "") + f".{suffix}"


def export_from_console(
    store: Store, settings: Settings, order: ExportOrder, on_progress: Callable[[int, int], None], *, drill: bool
) -> Path:
    """Export what the console asked for into its folder; the path of the file. Raises `OutputError`, `StoreError`."""
    order.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    name = export_name(settings, order.from_at, order.until_at, order.format.value, drill=drill)
    request = ExportRequest(
        from_at=order.from_at,
        until_at=order.until_at,
        path=order.folder / name,
        format=order.format.value,
        drill=drill,
    )
    return _export(store, settings, request, on_progress).path


def _export(
    store: Store, settings: Settings, order: ExportRequest, on_progress: Callable[[int, int], None]
) -> ExportResult:
    from dutyphone.outputs.columns import Profile
    from dutyphone.outputs.export import Format
    from dutyphone.outputs.export import export_calls as write_calls
    from dutyphone.store.readmodels import CallQuery

    profile = Profile(order.profile)
    return write_calls(
        store,
        CallQuery(from_at=order.from_at, until_at=order.until_at),
        order.path,
        format=Format(order.format),
        profile=profile,
        zone=settings.time_zone(),
        language=i18n.language(),
        simulated=order.drill,
        now=SystemClock().now().utc,
        encoding=_csv_encoding(order.encoding),
        line_titles={line.line: line.title for line in store.lines()},
        on_progress=on_progress,
    )


def _csv_encoding(name: str | None) -> Encoding | None:
    from dutyphone.outputs.csv_file import Encoding

    try:
        return Encoding(name) if name else None
    except ValueError as unknown:
        raise OutputError(
            _("{name!r} is not an encoding of CSV files.").format(name=name),
            advice=_("Take one of {names}.").format(names=", ".join(e.value for e in Encoding)),
        ) from unknown
