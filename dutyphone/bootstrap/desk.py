"""The console of a desk. What its first screen does not need is loaded when it is first asked for."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from dutyphone import i18n
from dutyphone.bootstrap.site import site_of
from dutyphone.clock import SystemClock
from dutyphone.config import Settings

if TYPE_CHECKING:
    from dutyphone_tui.desk import ExportOrder

    from dutyphone.calls.site import Site
    from dutyphone.journal.facts import NumberKind
    from dutyphone.store.feed import Feed
    from dutyphone.store.readmodels import CallRow
    from dutyphone.store.store import Store


GIVE_WAY_S = 0.0005
"""After this long a thread that reads the store or looks up a place lets the one paint that shows who calls. Python's
own 5 ms are longer than all that happens between the line and the screen."""


def show_console(settings: Settings, *, drill: bool, quit_warning: str = "") -> None:
    """Show the desk until it is left. The language must have been chosen before."""
    from dutyphone_tui.app import DutyConsole
    from dutyphone_tui.desk import Desk

    site = site_of(settings)
    folder = settings.folder()
    desk = Desk(
        open_store=lambda: _open_store(settings, drill=drill),
        open_feed=_open_feed,
        clock=SystemClock(),
        zone=settings.time_zone(),
        room=settings.room.name,
        officer=settings.console.officer,
        simulated=drill,
        bell=settings.console.bell,
        ascii_borders=settings.console.ascii,
        drafts_folder=folder / "drafts",
        export_folder=folder / "exports",
        export=lambda store, order, on_progress: _export(store, settings, order, on_progress, drill=drill),
        place_of=_place_of,
        shown_number=lambda row: _shown_number(row, site),
        quit_warning=quit_warning,
        redirect_targets={} if drill else _redirect_targets(settings),
    )
    sys.setswitchinterval(GIVE_WAY_S)
    DutyConsole(desk).run()


def _open_store(settings: Settings, *, drill: bool) -> Store:
    from dutyphone.bootstrap.log import open_store

    return open_store(settings, drill=drill)


def _redirect_targets(settings: Settings) -> dict[str, tuple[str, ...]]:
    """Where calls of each line may be sent on to. The driver has the last word on it; a wrong list is its affair."""
    listed = {name: line.of_driver.get("redirect_targets") for name, line in settings.lines.items()}
    return {name: tuple(map(str, targets)) for name, targets in listed.items() if isinstance(targets, list)}


def _open_feed(store: Store) -> Feed:
    from dutyphone.store.feed import Feed

    return Feed(store)


def _export(
    store: Store, settings: Settings, order: ExportOrder, on_progress: Callable[[int, int], None], *, drill: bool
) -> Path:
    from dutyphone.bootstrap.exports import export_from_console

    return export_from_console(store, settings, order, on_progress, drill=drill)


def _place_of(number: str, kind: NumberKind | None) -> str:
    from dutyphone.calls.places import place_of

    return place_of(number, kind, i18n.language())


def _shown_number(row: CallRow, site: Site) -> str:
    from dutyphone.calls.numbers import read_number, show_number

    if row.digits and not row.number_raw:
        dialled = read_number(row.digits, site)
        return show_number(dialled.number, dialled.kind, dialled.extension, row.digits, site)
    return show_number(row.number, row.kind, row.extension, row.number_raw, site)
