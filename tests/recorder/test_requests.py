"""What people ask of a line: from the journal to its driver, and what became of it back into the journal."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from dutyphone.journal.facts import RequestKind, RequestMade, RequestSettled
from dutyphone.lines.requests import LONGEST_NUMBER, Answer, Dial, HangUp, LineRequest, Redirect, Refuse
from dutyphone.recorder.request_desk import RequestDesk
from dutyphone.recorder.requests import LATEST_S, NO_SUCH_CALL, NOT_A_NUMBER, TOO_LATE, Refused, as_told
from dutyphone.store import commands
from dutyphone.store.feed import Feed
from dutyphone.store.store import Store

AT = datetime(2026, 2, 16, 9, 30, tzinfo=UTC)


def told(what: RequestKind, *, after_s: float = 0.5, **fields: Any) -> LineRequest | Refused:
    made = RequestMade(at=AT, line="desk", request="r", what=what, **fields)
    return as_told(made, {"c1": "a@x"}.get, AT + timedelta(seconds=after_s))


def test_a_number_is_dialled_as_it_was_written() -> None:
    assert told(RequestKind.DIAL, number=" *57*13900001234# ") == Dial(request="r", number="*57*13900001234#")


@pytest.mark.parametrize(
    ("what", "request_told"),
    [
        (RequestKind.ANSWER, Answer(request="r", call_ref="a@x")),
        (RequestKind.HANG_UP, HangUp(request="r", call_ref="a@x")),
        (RequestKind.REFUSE, Refuse(request="r", call_ref="a@x")),
        (RequestKind.REFUSE_EVERYWHERE, Refuse(request="r", call_ref="a@x", everywhere=True)),
        (RequestKind.REDIRECT, Redirect(request="r", call_ref="a@x", target="13900001234")),
    ],
)
def test_a_call_is_named_to_the_driver_as_its_line_names_it(what: RequestKind, request_told: LineRequest) -> None:
    assert told(what, call="c1", number="13900001234") == request_told
    assert told(what, call="c2", number="13900001234") == Refused(NO_SUCH_CALL)


@pytest.mark.parametrize("after_s", [LATEST_S + 1, -LATEST_S - 1])
def test_what_was_asked_long_ago_is_not_done_any_more(after_s: float) -> None:
    """A telephone that dials by itself a minute later frightens people."""
    assert told(RequestKind.DIAL, after_s=after_s, number="110") == Refused(TOO_LATE)


@pytest.mark.parametrize("number", ["", "  ", None, "1" * (LONGEST_NUMBER + 1)])
def test_no_number_is_not_dialled(number: str | None) -> None:
    assert told(RequestKind.DIAL, number=number) == Refused(NOT_A_NUMBER)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(f"sqlite:///{tmp_path}/duty.db", key_folder=tmp_path / "keys") as opened:
        yield opened


def test_each_request_is_brought_once_and_only_to_the_lines_of_this_recorder(store: Store) -> None:
    """What was asked before the recorder began is nobody's any more."""
    brought: list[str] = []
    all_brought = threading.Event()

    def bring(made: RequestMade) -> None:
        brought.append(made.request)
        if made.request == "last":
            all_brought.set()

    def ask(request: str, line: str = "desk") -> None:
        commands.ask(store, line, RequestKind.DIAL, request=request, number="110", by="", now=AT)

    ask("early")
    desk = RequestDesk(store, lambda: Feed(store), ["desk"], bring)
    opened = threading.Event()

    def open_feed() -> Feed:
        feed = Feed(store)
        opened.set()
        return feed

    desk._open_feed = open_feed
    desk.start()
    try:
        assert opened.wait(10)
        for number in range(20):
            ask(f"r{number}")
            ask(f"x{number}", line="fax")
        ask("last")
        assert all_brought.wait(10)
    finally:
        desk.stop()
    assert brought == [*(f"r{number}" for number in range(20)), "last"]


def test_what_became_of_a_request_is_read_between_two_rows(store: Store) -> None:
    commands.ask(store, "desk", RequestKind.DIAL, request="r1", number="110", by="值班员", now=AT)
    middle = store.last_seq()
    store.append([RequestSettled(at=AT, line="desk", request="r1", done=True, code=200)], recorded_at=AT)
    (made,) = store.requests_between(0, middle)
    assert isinstance(made, RequestMade)
    assert (made.number, made.by) == ("110", "值班员")
    (settled,) = store.requests_between(middle, store.last_seq())
    assert isinstance(settled, RequestSettled)
    assert (settled.request, settled.done, settled.code) == ("r1", True, 200)
