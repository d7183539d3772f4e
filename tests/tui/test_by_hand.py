"""What the officer asks of a line with two keys: what can be done about a call, and dialling."""

from __future__ import annotations

from datetime import timedelta

import pytest
from dutyphone_simulators.made_up_night import RINGING_SINCE
from dutyphone_tui.asking import EXCHANGE_SAYS, WHY, exchange_says, reply
from dutyphone_tui.screens.call_menu import CallMenu
from dutyphone_tui.screens.dial import DialScreen, as_dialled
from dutyphone_tui.screens.live import LiveScreen
from rich.cells import cell_len

from dutyphone.errors import DatabaseBusy
from dutyphone.journal.facts import (
    CallAnswered,
    CallArrived,
    CallIdentified,
    DigitsDialled,
    LineWentDown,
    NumberKind,
    RequestKind,
    RequestMade,
    RequestSettled,
)
from dutyphone.lines.events import Direction, Evidence, LossReason

BEFORE = RINGING_SINCE - timedelta(seconds=1)
TARGETS = {"desk": ("13900009999", "01055508888")}


def asked(room) -> list[tuple[RequestKind, str | None, str | None]]:
    """All that was asked of lines: what, about which call, with which number."""
    facts = room.store.requests_between(0, room.store.last_seq())
    return [(fact.what, fact.call, fact.number) for fact in facts if isinstance(fact, RequestMade)]


def settle_last(room, *, done: bool = True, why: str = "", code: int | None = None) -> None:
    """The recorder says what became of the last thing asked."""
    made = [f for f in room.store.requests_between(0, room.store.last_seq()) if isinstance(f, RequestMade)][-1]
    room.tell(RequestSettled(at=room.now, line=made.line, request=made.request, done=done, why=why, code=code))


@pytest.fixture
def sip_room(room):
    """A night in a room whose desk line can do more than listen; the two others are modems."""
    room.night(until=BEFORE, obey=["desk"])
    return room


# --- where nothing can be asked --------------------------------------------------------------------------------


async def test_a_room_of_modems_sees_nothing_of_it(room):
    room.night(until=BEFORE)
    async with room.console((160, 40)) as look:
        assert "take up" not in look.lines[-1]
        assert "dial" not in look.lines[-1]
        room.ring("call-1")
        await look.caught_up()
        await look.press("p")
        await look.says("No call rings or is in progress")
        await look.press("o")
        await look.says("The lines of this desk only listen")
        await look.press("f1")
        assert "Dial a number" not in look.text
        assert asked(room) == []


async def test_the_keys_are_shown_where_a_line_obeys(sip_room):
    async with sip_room.console((80, 24)) as look:
        assert " p take up " in look.lines[-1]
        assert " o dial " in look.lines[-1]


# --- a call that rings -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("keys", "what", "number", "said"),
    [
        (["enter"], RequestKind.ANSWER, None, "The call is answered here."),
        (["1"], RequestKind.ANSWER, None, "The call is answered here."),
        (["down", "enter"], RequestKind.REFUSE, None, "This line says busy"),
        (["3", "y"], RequestKind.REFUSE_EVERYWHERE, None, "The call is refused on every telephone."),
        (["5"], RequestKind.REDIRECT, "01055508888", "The caller is sent on to 01055508888."),
    ],
)
async def test_each_can_be_asked_and_is_told_when_it_is_done(sip_room, keys, what, number, said):
    async with sip_room.console(redirect_targets=TARGETS) as look:
        sip_room.ring("call-1")
        await look.caught_up()
        await look.press("p", *keys)
        assert asked(sip_room) == [(what, "call-1", number)]
        await look.says("The line is being asked")
        settle_last(sip_room)
        await look.caught_up()
        await look.says(said)
        assert isinstance(look.console.screen, LiveScreen)


async def test_a_call_that_rings_is_meant_whatever_is_selected(sip_room):
    """The selected row is an old call on a modem; nothing could be asked about that one."""
    async with sip_room.console() as look:
        sip_room.ring("on the fax", line="fax")
        sip_room.ring("call-1")
        await look.caught_up()
        await look.press("down", "down", "down", "p", "enter")
        assert [call for _what, call, _number in asked(sip_room)] == ["call-1"]


async def test_refusing_everywhere_asks_again_for_another_key(sip_room):
    """Enter pressed twice must not take a call from everybody."""
    async with sip_room.console() as look:
        sip_room.ring("call-1")
        await look.caught_up()
        await look.press("p", "3")
        await look.says("Nobody could take this call then.")
        await look.press("enter", "3", "escape")
        assert isinstance(look.console.screen, CallMenu)
        await look.press("y")
        assert asked(sip_room) == []
        await look.press("escape")
        assert isinstance(look.console.screen, LiveScreen)
        assert asked(sip_room) == []


async def test_a_key_pressed_twice_asks_once(sip_room):
    async with sip_room.console() as look:
        sip_room.ring("call-1")
        await look.caught_up()
        await look.press("p")
        menu = look.console.screen
        menu.action_choose()
        menu.action_choose()
        await look.caught_up()
        assert asked(sip_room) == [(RequestKind.ANSWER, "call-1", None)]
        await look.press("p", "2")
        await look.says("That has been asked already; wait a moment.")
        assert len(asked(sip_room)) == 1
        settle_last(sip_room, done=False, why="nothing_fits")
        await look.caught_up()
        await look.press("p", "2")
        assert len(asked(sip_room)) == 2, "once it is settled, something else can be asked"


async def test_nothing_changes_under_the_fingers(sip_room):
    """Enter was meant for "answer": a call that was taken meanwhile must not be ended by it."""
    async with sip_room.console() as look:
        sip_room.ring("call-1")
        await look.caught_up()
        await look.press("p")
        sip_room.tell(CallAnswered(at=sip_room.now, call="call-1", evidence=Evidence.ANSWERED_ELSEWHERE))
        await look.caught_up()
        await look.says("That call has been taken meanwhile.")
        assert isinstance(look.console.screen, LiveScreen)
        await look.press("p")
        assert "End the call" in look.text
        sip_room.end("call-1")
        await look.caught_up()
        await look.says("That call is over.")
        assert asked(sip_room) == []


async def test_a_call_in_progress_and_one_that_is_dialled_can_be_ended(sip_room):
    async with sip_room.console() as look:
        sip_room.tell(CallArrived(at=sip_room.now, call="out", line="desk", direction=Direction.OUTGOING))
        await look.caught_up()
        await look.press("p", "enter")
        assert asked(sip_room) == [(RequestKind.HANG_UP, "out", None)]


async def test_tab_goes_to_the_other_call(sip_room):
    async with sip_room.console() as look:
        sip_room.ring("first", "+861055501111")
        sip_room.clock.advance(2)
        sip_room.ring("second", "+861055502222")
        await look.caught_up()
        await look.press("down", "down", "p")
        assert "5550 1111" in look.console.screen.query_one("Summary")._strips(70)[0].text, "rings longest"
        await look.press("tab", "2")
        assert asked(sip_room) == [(RequestKind.REFUSE, "second", None)]


async def test_the_selected_call_is_meant_first(sip_room):
    async with sip_room.console() as look:
        sip_room.ring("first", "+861055501111")
        sip_room.clock.advance(2)
        sip_room.ring("second", "+861055502222")
        await look.caught_up()
        await look.press("home", "p", "2")
        assert asked(sip_room) == [(RequestKind.REFUSE, "second", None)]


# --- dialling --------------------------------------------------------------------------------------------------


async def test_a_call_of_ours_shows_what_was_dialled_and_that_nobody_has_taken_it_yet(sip_room):
    async with sip_room.console() as look:
        sip_room.tell(
            CallArrived(at=sip_room.now, call="out", line="desk", direction=Direction.OUTGOING),
            DigitsDialled(at=sip_room.now, call="out", digits="01055501234"),
        )
        await look.pass_time(3)
        assert any("01055501234" in line and "dialling" in line for line in look.lines)
        assert "dialling 0:03" in look.text
        sip_room.tell(CallAnswered(at=sip_room.now, call="out", evidence=Evidence.EXCHANGE))
        await look.pass_time(2)
        assert "dialling" not in look.text
        assert "talking 0:02" in look.text


async def test_dialling(sip_room):
    async with sip_room.console() as look:
        await look.press("o", *"*57*139", "space", *"00001234#", "enter")
        assert asked(sip_room) == [(RequestKind.DIAL, None, "*57*13900001234#")]
        await look.says("Dialling *57*13900001234# ..")
        settle_last(sip_room, done=False, why="not_taken", code=486)
        await look.caught_up()
        await look.says("*57*13900001234#: busy (486)")


async def test_the_number_of_the_selected_call_is_proposed(sip_room):
    async with sip_room.console() as look:
        sip_room.ring("call-1", "+8613900001234")
        sip_room.end("call-1")
        await look.caught_up()
        await look.press("home", "o", "enter")
        assert asked(sip_room) == [(RequestKind.DIAL, None, "013900001234")]


async def test_what_is_typed_while_the_box_opens_is_part_of_the_number(sip_room):
    async with sip_room.console() as look:
        screen = DialScreen([line for line in sip_room.store.lines() if line.obeys], None)
        for digit in "110":
            assert screen.typed_ahead(digit)
        look.console.push_screen(screen)
        await look.until(lambda: screen.is_mounted)
        await look.press("enter")
        assert asked(sip_room) == [(RequestKind.DIAL, None, "110")]


async def test_one_of_several_lines_is_chosen(room):
    room.night(until=BEFORE, obey=["desk", "fax"])
    async with room.console() as look:
        await look.press("o", *"110", "tab", "down", "enter")
        (made,) = room.store.requests_between(0, room.store.last_seq())
        assert (made.line, made.number) == ("fax", "110")


async def test_nothing_is_dialled_on_a_line_that_is_down(sip_room):
    """What the server said is on the first page and in the answer."""
    async with sip_room.console() as look:
        refused = LineWentDown(at=sip_room.now, line="desk", reason=LossReason.NOT_REGISTERED, detail="403 Forbidden")
        sip_room.tell(refused)
        await look.caught_up()
        assert "DOWN since 22:41: account not registered (403 Forbidden)" in look.text
        await look.press("o", *"110", "enter")
        await look.says("The line Duty line is down:")
        assert isinstance(look.console.screen, DialScreen), "what was typed is kept"
        assert asked(sip_room) == []


async def test_no_number_is_not_dialled(sip_room):
    async with sip_room.console() as look:
        look.console.dial(None)
        await look.until(lambda: isinstance(look.console.screen, DialScreen))
        await look.press("space", "enter")
        await look.says("Type the number to dial.")
        await look.press("escape")
        assert asked(sip_room) == []


@pytest.mark.parametrize(
    ("typed", "dialled"),
    [
        (" 010-5550 1234 ", "01055501234"),
        ("(010) 5550-1234", "01055501234"),
        ("*57*13900001234#", "*57*13900001234#"),
        ("+86 139 0000 1234", "+8613900001234"),
        ("sip:night-desk@example.cn", "sip:night-desk@example.cn"),
        ("  ", ""),
    ],
)
def test_what_makes_a_number_easier_to_read_is_not_dialled(typed, dialled):
    assert as_dialled(typed) == dialled


# --- what becomes of it ----------------------------------------------------------------------------------------


async def test_nothing_heard_in_time_is_said(sip_room):
    """The recorder may be gone; the officer must not wait for ever."""
    async with sip_room.console() as look:
        await look.press("o", *"110", "enter")
        await look.pass_time(59)
        assert "Nobody has taken the call" not in look.text
        await look.pass_time(2)
        await look.says("Nobody has taken the call within 60 s")
        sip_room.ring("call-1")
        await look.caught_up()
        await look.press("p", "enter")
        await look.pass_time(11)
        await look.says("Nothing was heard of it within 10 s.")


async def test_what_another_console_asked_is_not_told_here(sip_room):
    async with sip_room.console() as look:
        await look.press("o", *"110", "enter")
        sip_room.tell(RequestSettled(at=sip_room.now, line="desk", request="another's", done=False, why="line_down"))
        await look.caught_up()
        assert "The line is down." not in look.text
        settle_last(sip_room)
        await look.caught_up()
        await look.says("110 has taken the call.")


async def test_what_could_not_be_written_can_be_asked_again(sip_room, monkeypatch):
    async with sip_room.console() as look:

        def busy(*_args: object, **_kwargs: object) -> None:
            raise DatabaseBusy("Another program holds the database.", advice="Try again in a moment.")

        with monkeypatch.context() as patch:
            patch.setattr(type(look.console.at_work.store), "append", busy)
            await look.press("o", *"110", "enter")
            await look.says("Another program holds the database.")
        await look.press("o", *"110", "enter")
        assert asked(sip_room) == [(RequestKind.DIAL, None, "110")]


def test_everything_a_driver_or_the_recorder_says_has_its_words(language):
    for code in EXCHANGE_SAYS:
        words = exchange_says(code)
        assert words.endswith(f" ({code})")
        assert language == "en" or not words.removesuffix(f" ({code})").isascii()
    for why in WHY:
        settled = RequestSettled(at=BEFORE, line="desk", request="r", done=False, why=why)
        words = reply(RequestKind.ANSWER, settled, None)
        assert why not in words
        assert language == "en" or any(ord(char) > 0x2FFF for char in words)
    unknown = RequestSettled(at=BEFORE, line="desk", request="r", done=False, why="of_a_newer_driver")
    assert "of_a_newer_driver" in reply(RequestKind.ANSWER, unknown, None)


# --- what it looks like ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [(80, 24), (120, 40)], ids=["80x24", "120x40"])
async def test_boxes_look_as_they_should(either_room, size, golden):
    room = either_room
    room.night(until=RINGING_SINCE + timedelta(seconds=12), obey=["desk", "fax"])
    room.tell(
        CallIdentified(
            at=room.now,
            call="made-up-ringing",
            number_raw="01055501234",
            number="+861055501234",
            kind=NumberKind.FIXED,
            called="1001",
        )
    )

    def check(name: str, look) -> None:
        assert [cell_len(line) for line in look.lines] == [size[0]] * size[1], "every row fills the screen exactly"
        golden(f"{name}.{room.language}.{size[0]}x{size[1]}", look.lines)

    async with room.console(size, redirect_targets=TARGETS) as look:
        check("by-hand", look)
        await look.press("p", "3")
        check("call-menu", look)
        await look.press("escape", "escape", "down", "o")
        check("dial", look)
