"""What the first page shows."""

from __future__ import annotations

from datetime import timedelta

from dutyphone_simulators.made_up_night import RINGING_SINCE
from dutyphone_tui.widgets.call_table import CallTable
from dutyphone_tui.widgets.hero import Hero

from dutyphone.journal.facts import (
    CallRang,
    LineCameBack,
    LineWentDown,
    Outcome,
    RecorderStarted,
    RecorderStopped,
    StopReason,
)
from dutyphone.lines.events import Evidence, LossReason


async def test_a_call_is_shown_from_its_first_ring_before_anybody_knows_who_calls(room):
    """X01."""
    room.night(until=RINGING_SINCE - timedelta(seconds=1))
    async with room.console() as look:
        assert not look.console.screen.query_one(Hero).display
        room.ring("call-1", None)
        await look.caught_up()
        assert look.console.screen.query_one(Hero).display
        assert "caller ID to come" in look.text
        assert "ringing 0 s" in look.text


async def test_the_seconds_count_while_it_rings_and_the_card_goes_when_it_ends(room):
    room.night(until=RINGING_SINCE - timedelta(seconds=1))
    async with room.console() as look:
        room.ring("call-1")
        await look.pass_time(7)
        assert "ringing 7 s" in look.text
        await look.pass_time(1)
        assert "ringing 8 s" in look.text
        room.answer("call-1")
        await look.pass_time(65)
        assert "talking 1:05" in look.text
        room.end("call-1", Outcome.ANSWERED, Evidence.EXTENSION_HOOK)
        await look.caught_up()
        assert not look.console.screen.query_one(Hero).display


async def test_the_card_tells_the_earlier_calls_of_the_number(room):
    room.night(until=RINGING_SINCE + timedelta(seconds=3))
    async with room.console() as look:
        assert "Before: 03:10 called back | 02-15 22:31 answered | 02-10 21:18 answered" in look.text


async def test_a_number_that_never_called_before_is_said_to_be_new(room):
    room.night(until=RINGING_SINCE - timedelta(seconds=1))
    async with room.console() as look:
        room.ring("call-1", "+861055508888")
        await look.caught_up()
        assert "First call of this number" in look.text


async def test_more_than_three_rings_are_said_in_words(room):
    """S1-19: a call is to be answered within three rings."""
    room.night(until=RINGING_SINCE - timedelta(seconds=1))
    async with room.console() as look:
        room.ring("call-1")
        room.tell(*(CallRang(at=room.now, call="call-1", ring=ring) for ring in (2, 3)))
        await look.caught_up()
        assert "more than three rings" not in look.text
        room.tell(CallRang(at=room.now, call="call-1", ring=4))
        await look.caught_up()
        assert "more than three rings" in look.text


async def test_a_second_call_has_its_row_on_the_card(room):
    """X01: two lines ring at once."""
    room.night(until=RINGING_SINCE - timedelta(seconds=1))
    async with room.console() as look:
        room.ring("call-1", "+861055501234")
        room.clock.advance(2)
        room.ring("call-2", "+8613900004321", line="hotline")
        await look.caught_up()
        assert "Also ringing: 139 0000 4321, Flood line, 0:00" in look.text


async def test_a_line_that_is_down_says_since_when_why_and_what_it_means(room):
    """X04."""
    room.night(until=RINGING_SINCE - timedelta(minutes=30))
    async with room.console() as look:
        room.tell(LineWentDown(at=room.now, line="fax", reason=LossReason.MODEM_SILENT))
        await look.caught_up()
        (row,) = (line for line in look.lines if "DOWN" in line)
        assert row.rstrip() == " Fax line    DOWN since 22:11: modem does not answer, calls are not recorded"


async def test_a_line_that_was_not_heard_for_long_shows_its_age(room):
    """X04: last heard."""
    room.night(until=RINGING_SINCE - timedelta(minutes=30))
    async with room.console() as look:
        assert "last heard just now" in look.text
        heard_at = room.now
        room.clock.advance(5 * 60)
        room.store.beat(room.now, {"desk": heard_at})
        await look.caught_up()
        assert "last heard 5 min ago" in look.text


async def test_a_blind_interval_stands_in_its_place_in_the_list(room):
    """X04, X13: the gap is a row."""
    room.night(until=RINGING_SINCE - timedelta(seconds=1))
    async with room.console(size=(80, 40)) as look:
        at = next(i for i, line in enumerate(look.lines) if "Flood line: not listening until 20:09 (7 min)" in line)
        assert look.lines[at - 1].startswith("! 20:55")
        assert look.lines[at + 1].startswith("  19:26")


async def test_no_recorder_at_all_is_said(room):
    room.declare_lines()
    async with room.console() as look:
        assert "No recorder has ever run: calls are not recorded. Run `dutyphone record`." in look.text


async def test_a_recorder_that_stopped_or_died_is_said_with_the_time(room):
    """X04: the screen never looks fine when nobody records."""
    room.night(until=RINGING_SINCE - timedelta(minutes=30))
    async with room.console() as look:
        assert "recorder" not in look.text
        room.clock.advance(16)
        await look.caught_up()
        assert "The recorder is not running since 22:11: calls are not recorded." in look.text
        room.beat()
        await look.caught_up()
        assert "recorder" not in look.text
        room.tell(RecorderStopped(at=room.now, reason=StopReason.REQUESTED))
        await look.caught_up()
        assert "The recorder is not running since 22:11" in look.text
        room.tell(RecorderStarted(at=room.now, version="1.0", pid=1))
        room.beat()
        await look.caught_up()
        assert "The recorder is not running" not in look.text


async def test_a_database_that_does_not_answer_is_said_with_the_time_of_the_screen(room):
    room.night(until=RINGING_SINCE - timedelta(minutes=30))
    async with room.console() as look:
        at = look.console.live.read_at
        room.clock.advance(8)
        look.console.tick()
        await look.pilot.pause()
        assert "The database does not answer; the screen stands at 22:11:02." in look.text
        assert look.console.live.read_at == at
        room.beat()
        await look.caught_up()
        assert "does not answer" not in look.text


async def test_a_new_duty_day_begins_at_eight(room):
    """X12: 07:59 belongs to the day before."""
    room.night(until=RINGING_SINCE - timedelta(seconds=1))
    async with room.console() as look:
        assert "since 2-16 08:00" in look.text
        await look.pass_time((7 * 60 + 59 + 79) * 60 + 0)
        assert "since 2-16 08:00" in look.text
        await look.pass_time(60)
        assert "since 2-17 08:00" in look.text
        assert "No calls yet today." in look.text


async def test_a_drill_is_marked_on_every_page(room):
    """X28."""
    room.night(until=RINGING_SINCE - timedelta(seconds=1))
    room.simulated = False
    async with room.console() as look:
        assert "DRILL" in look.lines[0], "the recorder of this database is a simulated one"
        await look.press("h")
        assert "DRILL" in look.lines[0]
        await look.press("enter")
        assert "DRILL" in look.lines[0]


async def test_real_calls_are_not_marked_as_a_drill(room):
    room.simulated = False
    room.declare_lines()
    room.tell(RecorderStarted(at=room.now, version="1.0", pid=1))
    room.beat()
    async with room.console() as look:
        assert "DRILL" not in look.text


async def test_many_lines_keep_the_troubled_ones_in_sight(room):
    room.store.declare_lines([])
    from dutyphone.store.store import LineDeclaration

    names = [f"line-{n}" for n in range(8)]
    room.store.declare_lines([LineDeclaration(line=n, title=n, driver="serial_modem", port="sim://x") for n in names])
    room.tell(RecorderStarted(at=room.now, version="1.0", pid=1))
    room.tell(*(LineCameBack(at=room.now, line=n, driver="serial_modem", port="sim://x") for n in names))
    room.tell(LineWentDown(at=room.now, line="line-6", reason=LossReason.CABLE_UNPLUGGED))
    room.beat()
    async with room.console() as look:
        assert any("line-6" in line and "DOWN" in line for line in look.lines)
        assert "6 more lines: 6 idle" in look.text


async def test_the_selection_stays_on_its_call_when_others_arrive(room):
    room.night(until=RINGING_SINCE - timedelta(seconds=1))
    async with room.console() as look:
        table = look.console.screen.query_one("#calls", CallTable)
        await look.press("down", "down")
        chosen = table.selected_call.call
        room.ring("call-1")
        await look.caught_up()
        assert table.selected_call.call == chosen


async def test_the_first_row_stays_selected_while_nobody_has_moved(room):
    room.night(until=RINGING_SINCE - timedelta(seconds=1))
    async with room.console() as look:
        room.ring("call-1")
        await look.caught_up()
        assert look.console.screen.query_one("#calls", CallTable).selected_call.call == "call-1"


async def test_keys_of_the_bar_can_be_clicked(room):
    room.night(until=RINGING_SINCE - timedelta(seconds=1))
    async with room.console() as look:
        x = look.lines[-1].index("F1")
        await look.pilot.click("KeyBar", offset=(x, 0))
        await look.pilot.pause()
        assert "Keys and words" in look.text or "The selected call" in look.text


async def test_the_bell_rings_with_every_ring_and_can_be_switched_off(room):
    room.night(until=RINGING_SINCE - timedelta(seconds=1))
    async with room.console() as look:
        assert look.console.bells == 0
        room.ring("call-1")
        await look.caught_up()
        assert look.console.bells == 1
        await look.pass_time(1)
        assert look.console.bells == 1, "only rings ring"
        room.tell(CallRang(at=room.now, call="call-1", ring=2))
        await look.caught_up()
        assert look.console.bells == 2
        await look.press("b")
        assert "bell off" in look.lines[0]
        room.tell(CallRang(at=room.now, call="call-1", ring=3))
        await look.caught_up()
        assert look.console.bells == 2


async def test_light_and_dark(room):
    room.night(until=RINGING_SINCE - timedelta(seconds=1))
    async with room.console() as look:
        before = look.text
        assert look.console.current_theme.dark
        await look.press("t")
        assert not look.console.current_theme.dark
        assert look.text == before, "only colours change"


async def test_without_colour_everything_is_still_said(room):
    """X27: what is owed, selected, blind or down has a sign or a word of its own."""
    room.night(until=RINGING_SINCE - timedelta(seconds=1))
    room.tell(LineWentDown(at=room.now, line="fax", reason=LossReason.NETWORK))
    async with room.console(size=(80, 40)) as look:
        calls = [line for line in look.lines if line[2:7].count(":") == 1 and line[2:4].isdigit()]
        assert {line[0] for line in calls} == {">", "!", "-", " "}
        assert all(line.startswith(("!", ">")) for line in calls if "to settle" in line or "to call back" in line)
        assert any("DOWN" in line for line in look.lines)


async def test_plain_terminals_get_no_block_or_box_signs(room):
    """X24: with ASCII borders nothing on the screen has a doubtful width."""
    import unicodedata

    room.night(until=RINGING_SINCE + timedelta(seconds=3))
    for size in ((80, 24), (120, 40)):
        async with room.console(size=size, ascii_borders=True) as look:
            odd = {char for char in look.text if unicodedata.east_asian_width(char) == "A"}
            assert not odd
        room.feed = type(room.feed)()
