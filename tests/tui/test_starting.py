"""The console opens its database after the first paint, and says plainly when it cannot."""

from __future__ import annotations

import gc
import io
import subprocess
import sys
import threading
from datetime import timedelta
from pathlib import Path

from dutyphone_simulators.made_up_night import RINGING_SINCE
from dutyphone_tui.app import DutyConsole
from dutyphone_tui.screens.refused import RefusedScreen
from dutyphone_tui.themes import NIGHT
from rich.console import Console
from textual.color import Color

from dutyphone.errors import DatabaseTooNew
from dutyphone.store.store import Store

BEFORE = RINGING_SINCE - timedelta(seconds=1)


async def test_the_first_screen_is_there_before_the_database_is_open(room):
    """P8."""
    may_open = threading.Event()

    def slow() -> Store:
        may_open.wait(10)
        return Store.open(room.url)

    room.night(until=BEFORE)
    gc.disable()
    async with room.opening_console(open_store=slow) as look:
        await look.says("Opening the database")
        assert look.console._at_work is None
        await look.until(gc.isenabled)  # the command line starts without a collector
        assert look.console.screen.styles.background == Color.parse(NIGHT.background), "it has its colours at once"
        may_open.set()
        await look.until(lambda: look.console.day is not None)


async def test_a_database_that_cannot_be_opened_is_a_sentence_with_advice_and_a_retry(room):
    refusals = [DatabaseTooNew("It was written by dutyphone 9.0.", advice="Install dutyphone 9.0.", evidence="rev 77")]

    def open_store() -> Store:
        if refusals:
            raise refusals.pop()
        return Store.open(room.url)

    room.night(until=BEFORE)
    async with room.opening_console(open_store=open_store) as look:
        await look.until(lambda: isinstance(look.console.screen, RefusedScreen))
        for words in (
            "The database cannot be opened",
            "It was written by dutyphone 9.0.",
            "Install dutyphone",
            "rev 77",
        ):
            await look.says(words)
        await look.press("r")
        await look.says("Calls today")


def test_importing_the_console_loads_no_database_no_driver_and_no_recorder():
    """P8, and who may know whom."""
    code = (
        "import sys, dutyphone_tui.app; "
        "print([name for name in sys.modules if name.split('.')[0] in "
        "('sqlalchemy', 'serial', 'alembic', 'phonenumbers', 'pydantic', 'xlsxwriter', "
        "'dutyphone_drivers', 'dutyphone_simulators') "
        "or name.startswith(('dutyphone.recorder', 'dutyphone.store.store', 'dutyphone.journal'))])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=Path.cwd())
    assert done.stdout.strip() == "[]"


async def test_leaving_asks_and_says_what_else_ends(room):
    room.night(until=BEFORE)
    async with room.console(quit_warning="The recorder of this desk stops, too.") as look:
        await look.press("q")
        assert "Leave the console?" in look.text
        assert "The recorder of this desk stops, too." in look.text
        await look.press("escape")
        assert "Leave the console?" not in look.text
        await look.press("q", "enter")
        assert look.console._exit


async def test_leaving_says_when_nothing_else_ends(room):
    room.night(until=BEFORE)
    async with room.console() as look:
        await look.press("ctrl+q")
        assert "The recorder goes on recording calls." in look.text
        await look.press("q")
        assert "Leave the console?" not in look.text


async def test_a_crash_shows_no_numbers(room):
    """X18: Textual would print the values of all variables."""
    room.night(until=BEFORE)
    console = DutyConsole(room.desk())
    number = room.store.owed_calls()[-1].number
    try:
        _fail_with(number)
    except RuntimeError:
        console._fatal_error()
    paper = io.StringIO()
    Console(width=100, file=paper).print(*console._exit_renderables)
    assert "it broke" in paper.getvalue()
    assert number.removeprefix("+86") not in paper.getvalue()


def _fail_with(number: str) -> None:
    assert number
    raise RuntimeError("it broke")
