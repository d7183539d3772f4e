"""All calls ever recorded: narrowed, paged, kept up to date."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from dutyphone_simulators.made_up_night import RINGING_SINCE
from dutyphone_tui.screens import history
from dutyphone_tui.widgets.call_table import CallTable

from dutyphone.journal.facts import CallArrived, CallEnded, CallIdentified, NumberKind, Outcome
from dutyphone.lines.events import Evidence

BEFORE = RINGING_SINCE - timedelta(seconds=1)


async def found(look, count: str) -> None:
    """Wait until the search has found `count`."""
    await look.until(lambda: f"Found: {count} " in look.text)
    await look.console.workers.wait_for_complete()


@pytest.mark.parametrize(
    ("typed", "count"),
    [("5550 6628", "1"), ("55506628", "1"), ("1390000", "3"), ("hotline", "1"), ("pipe", "1"), ("nobody", "0")],
)
async def test_search_by_number_name_and_note(room, typed, count):
    room.night(until=BEFORE)
    async with room.console() as look:
        await look.press("slash", *typed)
        await found(look, count)


async def test_search_in_chinese(room):
    room.language = "zh_CN"
    room.night(until=BEFORE)
    async with room.console() as look:
        await look.press("slash")
        look.console.screen.query_one("#text").value = "应急管理"
        await found(look, "3")
        look.console.screen.query_one("#text").value = "水管"
        await found(look, "1")


async def test_narrowing_by_duty_days(room):
    """X12: the call at 03:10 belongs to the day before."""
    room.night(until=BEFORE)
    async with room.console() as look:
        await look.press("h")
        screen = look.console.screen
        screen.query_one("#from").value = "2-15"
        screen.query_one("#until").value = "2-15"
        await found(look, "2")
        assert "03:10" in look.text
        screen.query_one("#until").value = ""
        await found(look, "13")


async def test_a_date_that_is_none_is_said_and_nothing_is_lost(room):
    room.night(until=BEFORE)
    async with room.console() as look:
        await look.press("h")
        await found(look, "14")
        look.console.screen.query_one("#from").value = "2-30"
        await look.until(lambda: "A date is typed like 2026-02-16 or 2-16." in look.text)
        look.console.screen.query_one("#from").value = "2-16"
        await found(look, "11")


async def test_one_key_shows_one_result_only(room):
    room.night(until=BEFORE)
    async with room.console() as look:
        await look.press("h")
        await found(look, "14")
        await look.press("f")
        await look.until(lambda: "Shown: missed" in look.text)
        await look.press("f")
        await look.until(lambda: "Shown: unknown" in look.text)
        await look.press("f", "f")
        await found(look, "14")


async def test_rows_come_page_by_page_as_one_goes_down(room, monkeypatch):
    monkeypatch.setattr(history, "PAGE_ROWS", 50)
    room.declare_lines()
    facts = []
    for n in range(170):
        at, call = room.now - timedelta(days=200, minutes=-n), f"old-{n}"
        facts.append(CallArrived(at=at, call=call, line="desk"))
        number = f"+8610555{n:05}"
        facts.append(CallIdentified(at=at, call=call, number_raw=number, number=number, kind=NumberKind.FIXED))
        facts.append(
            CallEnded(at=at, call=call, outcome=Outcome.MISSED, evidence=Evidence.NO_HOOK_SEEN, rings=1, ring_s=1.0)
        )
    room.tell(*facts)
    async with room.console() as look:
        await look.press("h")
        await look.until(lambda: "Found: 50 and more" in look.text)
        table = look.console.screen.query_one("#history", CallTable)
        for wanted in (100, 150):
            await look.press("end")
            await look.until(lambda wanted=wanted: f"Found: {wanted} and more" in look.text)
        await look.press("end")
        await found(look, "170")
        await look.press("end")
        assert table.selected_call.call == "old-0"
        assert [row.call for row in table.rows] == [f"old-{n}" for n in reversed(range(170))]


async def test_a_new_call_shows_itself_at_the_top_but_not_to_one_who_looks_further_down(room):
    room.night(until=BEFORE)
    async with room.console() as look:
        await look.press("h")
        await found(look, "14")
        table = look.console.screen.query_one("#history", CallTable)
        room.ring("call-1")
        await look.caught_up()
        await found(look, "15")
        assert table.rows[0].call == "call-1"
        await look.press("down", "down")
        room.ring("call-2", line="hotline")
        await look.caught_up()
        await asyncio.sleep(0.05)
        assert len(table.rows) == 15


async def test_the_answer_to_an_older_question_is_not_shown(room):
    """Typing on before the first answer came must not bring the first answer back."""
    room.night(until=BEFORE)
    async with room.console() as look:
        await look.press("h")
        await found(look, "14")
        screen = look.console.screen
        page = room.store.history(screen._query, limit=5)
        screen._found(page, screen._asked - 1, None)
        assert len(screen.query_one("#history", CallTable).rows) == 14


async def test_keys_lead_from_the_field_to_the_list_and_home(room):
    room.night(until=BEFORE)
    async with room.console() as look:
        await look.press("slash")
        assert look.console.focused.id == "text"
        await look.press("down")
        assert look.console.focused.id == "history"
        await look.press("slash", "enter")
        assert look.console.focused.id == "history"
        await look.press("slash", "escape", "escape")
        assert look.console.focused.id == "calls"


async def test_a_call_opens_with_its_evidence(room):
    """The very bytes, in full for the selected row."""
    room.night(until=BEFORE)
    async with room.console(size=(80, 30)) as look:
        await look.press("h", "down", "enter")
        await look.until(lambda: "caller ID" in look.text)
        assert "< RING\\r\\n" in look.text
        assert "< DATE = 0216\\r\\nTIME = 2137\\r\\nNMB.." in look.text
        await look.press("down", "down")
        assert "NMBR = 110\\r\\nNAME = Police\\r\\n" in look.text
        assert "a telephone on the line was lifted or hung up" in look.text
