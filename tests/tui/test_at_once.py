"""P1: the row that says who calls is on the screen before anything else is done about the call."""

from __future__ import annotations

from datetime import timedelta

import pytest
from dutyphone_simulators.made_up_night import RINGING_SINCE
from dutyphone_tui.at_once import paint_at_once
from dutyphone_tui.widgets.lines import LinesWidget
from textual.app import App
from textual.screen import Screen
from textual.widgets import Static

BEFORE = RINGING_SINCE - timedelta(seconds=1)


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
@pytest.mark.parametrize("keys", [(), ("h",), ("n",)], ids=["first page", "history", "note"])
async def test_who_calls_is_painted_first_and_alone(room, size, keys):
    """On every page, and in a dialog: one row, before the lists, the card and the bell."""
    room.night(until=BEFORE)
    async with room.console(size) as look:
        await look.press(*keys)
        look.console.painted.clear()
        room.ring("call-1", "+8613900004321")
        room.feed.nudge()
        await look.until(lambda: any("139 0000 4321" in text for text in look.console.painted))
        first = next(text for text in look.console.painted if "139 0000 4321" in text)
        assert "ringing" in first
        assert len(first.replace("|", "")) <= size[0] + 30, "one row, and where it stands"
        await look.caught_up()
        assert look.console.bells == 1


async def test_a_call_that_comes_and_goes_lays_no_page_out_where_there_is_room(room, monkeypatch):
    room.night(until=BEFORE)
    laid_out = []
    lay_out = Screen._refresh_layout
    async with room.console((120, 40)) as look:
        await look.pass_time(1)
        monkeypatch.setattr(Screen, "_refresh_layout", lambda *a, **k: (laid_out.append(a), lay_out(*a, **k)))
        room.ring("call-1", "+8613900004321")
        await look.caught_up()
        await look.says("First call of this number")
        assert laid_out == []
        room.answer("call-1")
        await look.pass_time(3)
        await look.says("talking 0:03")
        assert laid_out == []


class Word(LinesWidget):
    """One word."""

    word = "before"

    def lines(self, width):
        return [[(self.word, "")]]


class Crowd(App[None]):
    """A word, and something that may lie over it."""

    CSS = """
    Screen { layers: below above; }
    Word { height: 1; layer: below; }
    Static { height: 1; width: 3; layer: above; display: none; }
    """

    def __init__(self) -> None:
        super().__init__()
        self.painted = []

    def compose(self):
        yield Word()
        yield Static("on top")

    def _display(self, screen, renderable):
        if renderable is not None:
            self.painted.append(renderable.render_segments(self.console))
        super()._display(screen, renderable)


@pytest.mark.parametrize("covered", [False, True])
async def test_what_something_lies_on_is_left_to_the_next_frame(covered):
    app = Crowd()
    async with app.run_test(size=(40, 10)) as pilot:
        app.query_one(Static).display = covered
        await pilot.pause()
        word = app.query_one(Word)
        app.painted.clear()
        word.word = "after"
        word.renew()
        paint_at_once(word)
        assert [("after" in text) for text in app.painted] == ([] if covered else [True])
        await pilot.pause()
        seen = "".join(strip.text for strip in app.screen._compositor.render_strips())
        assert seen.startswith("on er" if covered else "after")


async def test_nothing_is_painted_at_once_that_has_to_be_laid_out_first():
    app = Crowd()
    async with app.run_test(size=(40, 10)) as pilot:
        await pilot.pause()
        word = app.query_one(Word)
        app.painted.clear()
        word.word = "after"
        word.renew()
        word.refresh(layout=True)
        paint_at_once(word)
        assert app.painted == []
        await pilot.pause()
        assert "after" in "".join(strip.text for strip in app.screen._compositor.render_strips())
