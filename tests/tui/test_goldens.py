"""What the screens look like, row by row, in both languages, small and large. Read the files: they are the screens."""

from __future__ import annotations

from datetime import timedelta

import pytest
from dutyphone_simulators.made_up_night import RINGING_SINCE
from dutyphone_tui.screens.refused import RefusedScreen
from rich.cells import cell_len

from dutyphone.errors import DatabaseUnusable
from dutyphone.journal.facts import LineWentDown, RecorderStopped, StopReason
from dutyphone.lines.events import LossReason

BEFORE = RINGING_SINCE - timedelta(seconds=1)
SIZES = [(80, 24), (120, 40)]


@pytest.mark.parametrize("size", SIZES, ids=["80x24", "120x40"])
async def test_screens_look_as_they_should(either_room, size, golden):
    room = either_room
    room.night(until=RINGING_SINCE + timedelta(seconds=12))

    def check(name: str, look) -> None:
        assert [cell_len(line) for line in look.lines] == [size[0]] * size[1], "every row fills the screen exactly"
        golden(f"{name}.{room.language}.{size[0]}x{size[1]}", look.lines)

    async with room.console(size, export=lambda _store, order, _progress: order.folder / "calls.xlsx") as look:
        check("ringing", look)
        room.answer("made-up-ringing")
        await look.pass_time(75)
        check("talking", look)
        room.end("made-up-ringing")
        await look.pass_time(60)
        check("idle", look)
        await look.press("down", "down", "enter")
        check("detail", look)
        await look.press("escape", "h")
        check("history", look)
        await look.press("escape", "n")
        check("note", look)
        await look.press("escape", "e")
        check("export", look)
        await look.press("escape", "f1")
        check("help", look)
        await look.press("escape", "q")
        check("leave", look)
        await look.press("escape")
        room.tell(
            LineWentDown(at=room.now, line="desk", reason=LossReason.CABLE_UNPLUGGED),
            RecorderStopped(at=room.now + timedelta(seconds=20), reason=StopReason.REQUESTED),
        )
        room.clock.advance(30)
        await look.caught_up()
        check("stopped", look)


async def test_a_refused_database_looks_as_it_should(either_room, golden):
    room = either_room

    def refuse():
        raise DatabaseUnusable("duty.db: not a database", advice="Restore the latest backup.", evidence="NOTADB")

    async with room.opening_console((80, 24), open_store=refuse) as look:
        await look.until(lambda: isinstance(look.console.screen, RefusedScreen))
        golden(f"refused.{room.language}.80x24", look.lines)
