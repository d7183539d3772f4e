"""Every key does something, is in the help, and as many as fit are on the key bar."""

from __future__ import annotations

from datetime import timedelta

import pytest
from dutyphone_simulators.made_up_night import RINGING_SINCE
from dutyphone_tui import keys
from dutyphone_tui.app import DutyConsole
from dutyphone_tui.keys import GROUPS, HELP, Key
from dutyphone_tui.screens.detail import DetailScreen
from dutyphone_tui.screens.export import EXPORT_BINDINGS, ExportScreen
from dutyphone_tui.screens.help import HelpScreen
from dutyphone_tui.screens.history import HistoryScreen
from dutyphone_tui.screens.leave import LEAVE_KEYS, LeaveScreen
from dutyphone_tui.screens.live import LiveScreen
from dutyphone_tui.screens.note import NoteScreen
from dutyphone_tui.screens.page import Dialog
from dutyphone_tui.screens.refused import REFUSED_KEYS, RefusedScreen
from dutyphone_tui.widgets.key_bar import KeyBar
from rich.cells import cell_len
from textual.dom import DOMNode

from dutyphone.i18n import _

PAGES: dict[type[DOMNode], tuple[Key, ...]] = {
    LiveScreen: keys.LIVE_KEYS,
    HistoryScreen: keys.HISTORY_KEYS,
    DetailScreen: keys.DETAIL_KEYS,
    NoteScreen: keys.NOTE_KEYS,
    HelpScreen: keys.HELP_KEYS,
    ExportScreen: EXPORT_BINDINGS,
    LeaveScreen: LEAVE_KEYS,
    RefusedScreen: REFUSED_KEYS,
}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.__name__)
def test_every_key_of_a_page_has_something_to_do(page):
    for key in PAGES[page]:
        name = key.action.partition("(")[0]
        target = DutyConsole if name.startswith("app.") else page
        assert callable(getattr(target, f"action_{name.removeprefix('app.')}", None)), key


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.__name__)
def test_no_key_of_a_page_means_two_things(page):
    pressed = [name for key in PAGES[page] for name in key.key.split(",")]
    assert len(set(pressed)) == len(pressed)


def test_every_key_of_the_pages_is_in_the_help():
    in_help = {key.action for _title, group in GROUPS for key in group}
    known = {value.action for value in vars(keys).values() if isinstance(value, Key)}
    assert known == in_help
    on_pages = {key.action for page, group in PAGES.items() if not issubclass(page, Dialog) for key in group}
    assert on_pages - {"retry"} <= in_help


async def test_the_help_page_lists_every_key_in_this_language(either_room):
    either_room.night(until=RINGING_SINCE - timedelta(seconds=1), obey=["desk"])
    async with either_room.console(size=(100, 60)) as look:
        await look.press("f1")
        for _title, group in GROUPS:
            for key in group:
                assert any(line.strip().startswith(key.cap) and _(key.help) in line for line in look.lines), key


@pytest.mark.parametrize("width", [30, 60, 80, 100, 120, 200])
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.__name__)
def test_the_key_bar_never_cuts_a_key_and_keeps_the_help(language, page, width):
    (line,) = KeyBar(PAGES[page]).lines(width)
    assert sum(cell_len(text) for text, _look in line) <= width
    caps = [text.strip() for text, look in line if look == "key-bar--cap"]
    assert (HELP.cap in caps) == (HELP in PAGES[page])


async def test_help_can_be_asked_for_while_typing(room):
    room.night(until=RINGING_SINCE - timedelta(seconds=1))
    async with room.console() as look:
        await look.press("slash", "f1")
        assert isinstance(look.console.screen, HelpScreen)
        await look.press("f1", "escape")
        assert isinstance(look.console.screen, HistoryScreen)
