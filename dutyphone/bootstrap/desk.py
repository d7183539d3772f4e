"""The console of a desk."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dutyphone import i18n
from dutyphone.bootstrap.exports import export_from_console
from dutyphone.bootstrap.lines import site_of
from dutyphone.bootstrap.log import open_store
from dutyphone.clock import SystemClock
from dutyphone.config import Settings

if TYPE_CHECKING:
    from dutyphone.store.feed import Feed
    from dutyphone.store.store import Store


def show_console(settings: Settings, *, drill: bool, quit_warning: str = "") -> None:
    """Show the desk until it is left. The language must have been chosen before."""
    from dutyphone_tui.app import DutyConsole
    from dutyphone_tui.desk import Desk

    from dutyphone.calls.numbers import show_number
    from dutyphone.calls.places import place_of

    site = site_of(settings)
    folder = settings.folder()
    desk = Desk(
        open_store=lambda: open_store(settings, drill=drill),
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
        export=lambda store, order, on_progress: export_from_console(store, settings, order, on_progress, drill=drill),
        place_of=lambda number, kind: place_of(number, kind, i18n.language()),
        shown_number=lambda row: show_number(row.number, row.kind, row.extension, row.number_raw, site),
        quit_warning=quit_warning,
    )
    DutyConsole(desk).run()


def _open_feed(store: Store) -> Feed:
    """Loads the database library, which takes as long as half of the first screen; so only after that."""
    from dutyphone.store.feed import Feed

    return Feed(store)
