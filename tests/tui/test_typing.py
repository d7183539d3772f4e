"""X22, X21: a call never disturbs somebody who is typing, and what is typed is never lost."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
from datetime import timedelta

import pytest
from dutyphone_simulators.made_up_night import RINGING_SINCE
from dutyphone_tui.drafts import Draft, Drafts
from dutyphone_tui.screens.note import NoteScreen
from textual.events import Key
from textual.widgets import Input, TextArea

from dutyphone.errors import DatabaseBusy
from dutyphone.journal.facts import CallRang

BEFORE = RINGING_SINCE - timedelta(seconds=1)


async def test_a_call_while_a_note_is_typed_is_seen_and_heard_and_disturbs_nothing(room):
    """X22: the card appears beside, the bell rings, focus, text and cursor stay."""
    room.night(until=BEFORE)
    async with room.console() as look:
        await look.press("n", *"Pipe bur")
        area = look.console.screen.query_one(TextArea)
        place, cursor = area.region, look.console.cursor_position
        bells = look.console.bells
        room.ring("call-1", name="Water Bureau")
        await look.caught_up()
        assert "ringing  5550 1234  Water Bureau" in look.text
        assert look.console.bells == bells + 1
        assert look.console.focused is area
        assert area.region == place, "nothing moves under what is being typed"
        assert look.console.cursor_position == cursor, "an input method follows the cursor"
        await look.press(*"st")
        assert area.text == "Pipe burst"
        room.tell(*(CallRang(at=room.now, call="call-1", ring=ring) for ring in (2, 3)))
        room.answer("call-1")
        await look.pass_time(1)
        room.end("call-1")
        await look.caught_up()
        assert look.console.focused is area
        assert (area.text, area.region) == ("Pipe burst", place)


async def test_a_call_while_something_is_searched_leaves_the_field_alone(room):
    """X22."""
    room.night(until=BEFORE)
    async with room.console() as look:
        await look.press("slash", *"555")
        field = look.console.screen.query_one("#text", Input)
        place = field.region
        room.ring("call-1")
        await look.caught_up()
        assert look.console.focused is field
        assert (field.value, field.region) == ("555", place)
        assert "ringing  5550 1234" in look.text


async def test_letters_are_text_while_typing(room):
    """One-letter keys do nothing but write in a field."""
    room.night(until=BEFORE)
    async with room.console() as look:
        rows = room.store.owed_calls()
        await look.press("slash", *"amcxnuhebtq/?d")
        assert look.console.screen.query_one("#text", Input).value == "amcxnuhebtq/?d"
        await look.press("escape", "escape", "n", *"amcxnuhebtq/?d")
        assert look.console.screen.query_one(TextArea).text == "amcxnuhebtq/?d"
        assert room.store.owed_calls() == rows


@pytest.mark.parametrize("keys", [("n",), ("slash",), ("e",)])
@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_no_field_lies_on_the_bottom_row(room, keys, size):
    """X21: terminals hide the candidates of an input method below the last row."""
    room.night(until=BEFORE)
    async with room.console(size, export=lambda _store, order, _progress: order.folder) as look:
        await look.press(*keys)
        fields = [*look.console.screen.query(Input), *look.console.screen.query(TextArea)]
        assert fields
        assert all(field.region.bottom <= size[1] - 2 for field in fields)


async def test_a_note_is_written_and_shown(room):
    room.night(until=BEFORE)
    async with room.console() as look:
        await look.press("n", *"Heard", "enter", *"twice", "ctrl+s")
        await look.until(lambda: not isinstance(look.console.screen, NoteScreen))
        (note,) = room.store.call(room.store.calls_between(BEFORE - timedelta(hours=1), BEFORE)[0].call).notes
        assert (note.text, note.by) == ("Heard\ntwice", "Zhang San")
        await look.caught_up()
        await look.press("enter")
        assert "Heard" in look.text
        assert "twice" in look.text
        assert look.console.at_work.drafts.waiting() == ()


async def test_what_is_typed_before_the_box_has_opened_is_not_lost(room):
    """A slow line brings the key and the first letters at once; none of them may settle a call."""
    room.night(until=BEFORE)
    async with room.console() as look:
        seq = room.store.last_seq()
        for key in "namc":
            look.console._driver.send_message(Key(key, key))
        await look.until(lambda: [area.text for area in look.console.screen.query(TextArea)] == ["amc"])
        assert room.store.last_seq() == seq
        await look.press("ctrl+a", "delete", "escape")
        for key in "/110":
            look.console._driver.send_message(Key("slash" if key == "/" else key, key))
        await look.until(lambda: [field.value for field in look.console.screen.query("#text")] == ["110"])


async def test_leaving_a_note_keeps_the_draft_and_the_same_key_goes_on(room):
    room.night(until=BEFORE)
    async with room.console() as look:
        await look.press("n", *"half", "escape")
        await look.says("draft is kept")
        await look.press("n")
        await look.until(lambda: [area.text for area in look.console.screen.query(TextArea)] == ["half"])


async def test_an_empty_note_is_not_written(room):
    room.night(until=BEFORE)
    async with room.console() as look:
        seq = room.store.last_seq()
        await look.press("n", "space", "ctrl+s")
        await look.says("The note is empty.")
        assert room.store.last_seq() == seq


async def test_a_note_that_cannot_be_written_stays_on_the_screen(room, monkeypatch):
    room.night(until=BEFORE)
    async with room.console() as look:

        def busy(*_args: object, **_kwargs: object) -> None:
            raise DatabaseBusy("Another program holds the database.", advice="Try again in a moment.")

        monkeypatch.setattr(type(look.console.at_work.store), "append", busy)
        await look.press("n", *"keep me", "ctrl+s")
        await look.says("Another program holds the database.")
        assert "Try again in a moment." in look.text
        assert look.console.screen.query_one(TextArea).text == "keep me"


async def test_what_is_typed_is_on_disk_within_a_second(room):
    room.night(until=BEFORE)
    async with room.console() as look:
        await look.press("n", *"typed")
        look.console.screen.autosave()
        await look.console.workers.wait_for_complete()
        (draft,) = Drafts(room.folder / "drafts").waiting()
        assert draft.text == "typed"


async def test_a_draft_of_a_console_that_died_is_offered_and_restored(room):
    room.night(until=BEFORE)
    call = room.store.owed_calls()[1].call
    Drafts(room.folder / "drafts").save(Draft(call=call, text="before the crash"))
    async with room.console() as look:
        await look.says("A half-written note is waiting")
        await look.press("d")
        assert look.console.screen.query_one(TextArea).text == "before the crash"


def test_drafts_survive_a_console_that_is_killed(tmp_path):
    """X22: SIGKILL, no farewell."""
    script = """
        import sys, time
        from pathlib import Path
        from dutyphone_tui.drafts import Draft, Drafts
        drafts = Drafts(Path(sys.argv[1]))
        for i in range(1_000_000):
            drafts.save(Draft(call="call-1", text="x" * i))
            if i == 20:
                print("ready", flush=True)
    """
    process = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(script), str(tmp_path)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    with process, process.stdout:
        process.stdout.readline()
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    (draft,) = Drafts(tmp_path).waiting()
    assert len(draft.text) >= 20
    assert set(draft.text) == {"x"}


def test_drafts_are_readable_by_their_owner_alone(tmp_path):
    Drafts(tmp_path / "drafts").save(Draft(call="call-1", text="private"))
    (path,) = (tmp_path / "drafts").iterdir()
    assert path.stat().st_mode & 0o077 == 0
    assert (tmp_path / "drafts").stat().st_mode & 0o077 == 0


def test_a_damaged_draft_is_no_draft(tmp_path):
    drafts = Drafts(tmp_path)
    drafts.save(Draft(call="call-1", text="good"))
    for name, content in (("a.json", "{"), ("b.json", "[]"), ("c.json", '{"call": 1}')):
        (tmp_path / name).write_text(content, encoding="utf-8")
    assert drafts.waiting() == (Draft(call="call-1", text="good"),)
    drafts.discard("call-1")
    drafts.discard("call-1")
    assert drafts.of("call-1") == ""


def test_no_folder_means_no_drafts(tmp_path):
    assert Drafts(tmp_path / "nowhere").waiting() == ()
