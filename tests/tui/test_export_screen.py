"""The export dialog: what is asked for, how far it is, where it lies, what went wrong."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import pytest
from dutyphone_simulators.made_up_night import RINGING_SINCE
from dutyphone_tui.desk import ExportFormat
from dutyphone_tui.screens.export import ExportScreen

from dutyphone.errors import OutputError

BEFORE = RINGING_SINCE - timedelta(seconds=1)


async def test_an_export_of_today_takes_two_keys_and_says_where_it_lies(room):
    orders = []

    def export(_store, order, on_progress):
        orders.append(order)
        on_progress(0, 11)
        on_progress(11, 11)
        return order.folder / "calls.xlsx"

    room.night(until=BEFORE)
    async with room.console(size=(100, 30), export=export) as look:
        await look.press("e", "enter")
        await look.says("Written: ")
        await look.says("calls.xlsx")
        assert "100%  11 / 11" in look.text
    (order,) = orders
    assert order.from_at == datetime(2026, 2, 16, 0, tzinfo=UTC)
    assert order.until_at == datetime(2026, 2, 17, 0, tzinfo=UTC)
    assert order.format is ExportFormat.XLSX
    assert order.folder == room.folder / "exports"


async def test_days_and_format_can_be_chosen(room):
    orders = []

    def export(_store, order, _on_progress):
        orders.append(order)
        return order.folder / "x"

    room.night(until=BEFORE)
    async with room.console(export=export) as look:
        await look.press("e", *"2-10", "tab", *"2-15", "tab", "right", "right", "enter")
        await look.says("Written: ")
    (order,) = orders
    assert (order.from_at, order.until_at) == (datetime(2026, 2, 10, tzinfo=UTC), datetime(2026, 2, 16, tzinfo=UTC))
    assert order.format is ExportFormat.JSONL


@pytest.mark.parametrize(
    ("keys", "said"),
    [((*"2-30", "enter"), "A date is typed like"), (("tab", *"2-1", "enter"), "The last day is before the first.")],
)
async def test_wrong_days_are_said_and_nothing_is_written(room, keys, said):
    room.night(until=BEFORE)
    async with room.console(export=lambda *_: pytest.fail("exported")) as look:
        await look.press("e", *keys)
        await look.says(said)


async def test_an_export_that_fails_says_what_to_do(room):
    def export(_store, _order, _on_progress):
        raise OutputError("The disk is full.", advice="Make room and try again.")

    room.night(until=BEFORE)
    async with room.console(export=export) as look:
        await look.press("e", "enter")
        await look.says("The disk is full. Make room and try again.")


async def test_closing_the_box_gives_the_export_up(room):
    begun, ended = threading.Event(), threading.Event()

    def export(_store, order, on_progress):
        begun.set()
        try:
            for done in range(100_000):
                on_progress(done, 100_000)
                threading.Event().wait(0.001)
        finally:
            ended.set()
        return order.folder / "never"

    room.night(until=BEFORE)
    async with room.console(export=export) as look:
        await look.pilot.press("e", "enter")
        await look.until(begun.is_set)
        await look.pilot.press("escape")
        await look.until(ended.is_set)
        assert not isinstance(look.console.screen, ExportScreen)


async def test_a_desk_without_export_says_so(room):
    room.night(until=BEFORE)
    async with room.console() as look:
        await look.press("e")
        await look.says("This desk cannot export.")
