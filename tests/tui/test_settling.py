"""One key says what became of a call; another key says it better."""

from __future__ import annotations

from datetime import timedelta

import pytest
from dutyphone_simulators.made_up_night import RINGING_SINCE
from dutyphone_tui.widgets.call_table import CallTable

from dutyphone.errors import DatabaseBusy
from dutyphone.journal.facts import Outcome, Settlement
from dutyphone.store.readmodels import Owed

BEFORE = RINGING_SINCE - timedelta(seconds=1)


@pytest.mark.parametrize(
    ("key", "settlement", "said"),
    [
        ("a", Settlement.ANSWERED, "Recorded as answered: 5550 6628"),
        ("m", Settlement.MISSED, "Recorded as missed, to be called back: 5550 6628"),
        ("c", Settlement.CALLED_BACK, "Recorded as called back: 5550 6628"),
        ("x", Settlement.NO_CALLBACK, "Recorded as needing no call-back: 5550 6628"),
    ],
)
async def test_one_key_settles_and_the_screen_says_so_at_once(room, key, settlement, said):
    room.night(until=BEFORE)
    async with room.console() as look:
        await look.press("u", key)
        await look.says(said)
        row = room.store.call("made-up-0-22:19").row
        assert row.settlement is settlement
        assert row.settled_by == "Zhang San"


async def test_another_key_changes_it_because_the_call_stays_until_one_moves_on(room):
    room.night(until=BEFORE)
    async with room.console() as look:
        await look.press("u", "a")
        await look.caught_up()
        owed = look.console.screen.query_one("#owed", CallTable)
        assert owed.selected_call.call == "made-up-0-22:19"
        assert owed.selected_call.settlement is Settlement.ANSWERED
        await look.press("x")
        await look.caught_up()
        assert room.store.call("made-up-0-22:19").row.settlement is Settlement.NO_CALLBACK
        assert owed.selected_call.settlement is Settlement.NO_CALLBACK
        await look.press("down")
        await look.caught_up()
        assert [row.call for row in owed.rows] == ["made-up-0-20:55", "made-up-0-18:40"]


async def test_settling_one_after_the_other_empties_the_list(room):
    room.night(until=BEFORE)
    async with room.console() as look:
        await look.press("u")
        for _ in range(3):
            await look.press("a")
            await look.caught_up()
            await look.press("down")
            await look.press("home")
        await look.caught_up()
        assert room.store.owed_calls() == ()
        await look.press("u")
        await look.says("Nothing to do.")


async def test_a_call_that_rings_cannot_be_settled_by_a_key_meant_for_another(room):
    """The first row is the newest call: a key pressed just as one arrives must not settle it."""
    room.night(until=BEFORE)
    async with room.console() as look:
        room.ring("call-1")
        await look.caught_up()
        seq = room.store.last_seq()
        await look.press("a")
        await look.says("That call has not ended yet.")
        assert room.store.last_seq() == seq


async def test_an_outgoing_call_has_nothing_to_settle(room):
    room.night(until=BEFORE)
    async with room.console() as look:
        room.dial("out-1")
        room.clock.advance(3)
        room.end("out-1", Outcome.ANSWERED)
        await look.caught_up()
        await look.press("m")
        await look.says("That was an outgoing call")
        assert room.store.call("out-1").row.settlement is None


async def test_nothing_is_settled_where_no_call_is_selected(room):
    room.declare_lines()
    async with room.console() as look:
        await look.press("a", "n", "enter")
        await look.says("No call is selected.")
        assert room.store.last_seq() == 0


async def test_what_could_not_be_written_is_said_with_what_to_do(room, monkeypatch):
    room.night(until=BEFORE)
    async with room.console() as look:

        def busy(*_args: object, **_kwargs: object) -> None:
            raise DatabaseBusy("Another program holds the database.", advice="Try again in a moment.")

        monkeypatch.setattr(type(look.console.at_work.store), "append", busy)
        await look.press("u", "a")
        await look.says("Another program holds the database.")
        assert "Try again in a moment." in look.text
        assert room.store.call("made-up-0-22:19").row.owed is Owed.SETTLE


async def test_a_call_can_be_settled_from_its_details_and_from_the_history(room):
    room.night(until=BEFORE)
    async with room.console() as look:
        await look.press("enter", "a")
        assert room.store.call("made-up-0-22:19").row.settlement is Settlement.ANSWERED
        await look.caught_up()
        assert "answered, Zhang San" in look.text
        await look.press("escape", "h", "m")
        assert room.store.call("made-up-0-22:19").row.settlement is Settlement.MISSED
        await look.caught_up()
        assert any("22:19" in line and "to call back" in line for line in look.lines)


async def test_u_goes_to_what_is_owed_and_back(room):
    room.night(until=BEFORE)
    async with room.console() as look:
        assert look.console.focused.id == "calls"
        await look.press("u")
        assert look.console.focused.id == "owed"
        await look.press("u")
        assert look.console.focused.id == "calls"
