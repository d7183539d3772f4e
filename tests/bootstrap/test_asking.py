"""Asking something of a line from a shell: whom it is about, who does it, and what is said of it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from dutyphone.bootstrap.asking import Order, ask_and_wait
from dutyphone.bootstrap.log import Report
from dutyphone.clock import SystemClock
from dutyphone.errors import CannotBeAsked
from dutyphone.journal.facts import (
    CallAnswered,
    CallArrived,
    Fact,
    LineCameBack,
    LineWentDown,
    RecorderStarted,
    RecorderStopped,
    RequestKind,
    RequestMade,
    RequestSettled,
    StopReason,
)
from dutyphone.lines.events import Direction, Evidence, LossReason
from dutyphone.store.feed import Feed
from dutyphone.store.store import LineDeclaration, Store

ZONE = ZoneInfo("Asia/Shanghai")
CLOCK = SystemClock()
LINES = (
    LineDeclaration(line="desk", title="值班电话", driver="sip_account", port="", obeys=True),
    LineDeclaration(line="fax", title="传真", driver="serial_modem", port="/dev/ttyACM0"),
)
Tell = Callable[..., None]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(f"sqlite:///{tmp_path}/duty.db", key_folder=tmp_path / "keys") as opened:
        opened.declare_lines(LINES)
        yield opened


@pytest.fixture
def tell(store: Store) -> Tell:
    def tell(*facts: Fact) -> None:
        store.append(facts, recorded_at=CLOCK.now().utc)

    return tell


@pytest.fixture
def recorded(store: Store, tell: Tell) -> None:
    """A recorder runs, and its lines are up."""
    now = CLOCK.now().utc
    tell(RecorderStarted(at=now, version="0", pid=1))
    tell(*(LineCameBack(at=now, line=line.line, driver=line.driver, port="") for line in LINES))
    store.beat(now, {})


def arrived(call: str, line: str = "desk", direction: Direction = Direction.INCOMING) -> CallArrived:
    return CallArrived(at=CLOCK.now().utc, call=call, line=line, direction=direction)


def ask(store: Store, order: Order, patience_s: float | None = None) -> Report:
    return ask_and_wait(store, order, clock=CLOCK, zone=ZONE, by="张三", patience_s=patience_s)


@pytest.fixture
def answers(store: Store) -> Iterator[Callable[..., list[RequestMade]]]:
    """Stands in for the recorder: what is asked is settled as a test says."""
    threads: list[threading.Thread] = []
    feeds: list[Feed] = []

    def answer(*, done: bool = True, why: str = "", code: int | None = None) -> list[RequestMade]:
        feed = Feed(store)
        feeds.append(feed)
        heard: list[RequestMade] = []

        def run() -> None:
            seen = feed.last_seq
            while feed.wait(10.0):
                for fact in store.requests_between(seen, feed.last_seq):
                    if isinstance(fact, RequestMade):
                        heard.append(fact)
                        now = CLOCK.now().utc
                        other = RequestSettled(at=now, line="desk", request="of somebody else", done=False, why="x")
                        mine = RequestSettled(
                            at=now, line=fact.line, request=fact.request, done=done, why=why, code=code
                        )
                        store.append([other, mine], recorded_at=now)
                        return

        thread = threading.Thread(target=run)
        thread.start()
        threads.append(thread)
        return heard

    yield answer
    for feed in feeds:
        feed.close()
    for thread in threads:
        thread.join(10)


@pytest.mark.usefixtures("recorded")
class TestWhatBecameOfIt:
    def test_a_number_that_takes_the_call(self, store: Store, answers: Callable[..., list[RequestMade]]) -> None:
        heard = answers(code=200)
        report = ask(store, Order(what=RequestKind.DIAL, line="desk", number="*57*13900001234#"))
        assert report == Report(ok=True, sentences=("*57*13900001234# has taken the call.",))
        assert [(made.line, made.number, made.by) for made in heard] == [("desk", "*57*13900001234#", "张三")]

    def test_a_line_is_known_by_its_title_too(self, store: Store, answers: Callable[..., list[RequestMade]]) -> None:
        heard = answers(code=200)
        assert ask(store, Order(what=RequestKind.DIAL, line="值班电话", number="110")).ok
        assert heard[0].line == "desk"

    @pytest.mark.parametrize(
        ("code", "said"),
        [
            (486, "busy (486)"),
            (603, "refused (603)"),
            (404, "no such number (404)"),
            (408, "no answer (408)"),
            (480, "cannot be reached now (480)"),
            (499, "refused by the exchange (499)"),
            (599, "fault of the exchange (599)"),
            (699, "refused everywhere (699)"),
            (999, "999"),
        ],
    )
    def test_what_the_exchange_said_is_said_in_words(
        self, store: Store, answers: Callable[..., list[RequestMade]], code: int, said: str
    ) -> None:
        answers(done=False, why="not_taken", code=code)
        report = ask(store, Order(what=RequestKind.DIAL, line="desk", number="01055501234"))
        assert report == Report(ok=False, sentences=(f"01055501234: {said}",))

    def test_the_call_that_rings_is_meant(
        self, store: Store, tell: Tell, answers: Callable[..., list[RequestMade]]
    ) -> None:
        """A call on a line that only listens, and one that is in progress, could not be answered."""
        tell(arrived("talked"), CallAnswered(at=CLOCK.now().utc, call="talked", evidence=Evidence.OWN_ANSWER))
        tell(arrived("rings"), arrived("rings on the fax", line="fax"))
        heard = answers()
        report = ask(store, Order(what=RequestKind.ANSWER))
        assert report.ok
        assert [made.call for made in heard] == ["rings"]

    def test_a_call_is_meant_by_its_number(
        self, store: Store, tell: Tell, answers: Callable[..., list[RequestMade]]
    ) -> None:
        tell(arrived("first"), arrived("second"))
        heard = answers(done=False, why="not_listed")
        report = ask(store, Order(what=RequestKind.REDIRECT, call=2, number="13900009999"))
        assert not report.ok
        assert "redirect_targets" in report.sentences[0]
        assert [(made.call, made.number) for made in heard] == [("second", "13900009999")]

    def test_nothing_heard_in_time(self, store: Store, tell: Tell) -> None:
        tell(arrived("rings"))
        report = ask(store, Order(what=RequestKind.ANSWER), patience_s=0.05)
        assert not report.ok
        assert "Nothing was heard of it" in report.sentences[0]
        report = ask(store, Order(what=RequestKind.DIAL, line="desk", number="110"), patience_s=0.05)
        assert "may still be ringing" in report.sentences[0]

    def test_several_calls_could_be_meant(self, store: Store, tell: Tell) -> None:
        tell(arrived("first"), arrived("second"))
        with pytest.raises(CannotBeAsked, match="1, 2"):
            ask(store, Order(what=RequestKind.REFUSE))

    def test_no_call_could_be_meant(self, store: Store, tell: Tell) -> None:
        tell(arrived("on the fax", line="fax"))
        with pytest.raises(CannotBeAsked, match="No call is ringing"):
            ask(store, Order(what=RequestKind.ANSWER))
        with pytest.raises(CannotBeAsked, match="in progress"):
            ask(store, Order(what=RequestKind.HANG_UP))
        with pytest.raises(CannotBeAsked, match="Call 7"):
            ask(store, Order(what=RequestKind.HANG_UP, call=7))
        assert store.requests_between(0, store.last_seq()) == ()

    def test_a_call_being_dialled_is_hung_up(
        self, store: Store, tell: Tell, answers: Callable[..., list[RequestMade]]
    ) -> None:
        tell(arrived("rings"), arrived("dialled", direction=Direction.OUTGOING))
        heard = answers()
        assert ask(store, Order(what=RequestKind.HANG_UP)).ok
        assert [made.call for made in heard] == ["dialled"]

    def test_a_line_that_only_listens_is_not_asked(self, store: Store, tell: Tell) -> None:
        tell(arrived("on the fax", line="fax"))
        for order in (
            Order(what=RequestKind.DIAL, line="fax", number="110"),
            Order(what=RequestKind.ANSWER, call=1),
        ):
            with pytest.raises(CannotBeAsked, match="传真 only listens"):
                ask(store, order)
        assert store.requests_between(0, store.last_seq()) == ()

    def test_a_line_that_is_down_is_not_asked(self, store: Store, tell: Tell) -> None:
        """Waiting a minute for "no answer" would tell less, and later."""
        reason = LossReason.NOT_REGISTERED
        tell(LineWentDown(at=CLOCK.now().utc, line="desk", reason=reason, detail="403 Forbidden"))
        with pytest.raises(CannotBeAsked, match=r"值班电话 is down: account not registered \(403 Forbidden\)"):
            ask(store, Order(what=RequestKind.DIAL, line="desk", number="110"))
        assert store.requests_between(0, store.last_seq()) == ()

    def test_there_is_no_such_line(self, store: Store) -> None:
        with pytest.raises(CannotBeAsked) as refused:
            ask(store, Order(what=RequestKind.DIAL, line="dest", number="110"))
        assert "desk" in refused.value.advice


class TestNobodyIsThereToDoIt:
    def test_no_recorder_ever_ran(self, store: Store) -> None:
        with pytest.raises(CannotBeAsked, match="No recorder runs"):
            ask(store, Order(what=RequestKind.DIAL, line="desk", number="110"))

    def test_the_recorder_stopped(self, store: Store, tell: Tell, recorded: None) -> None:
        tell(RecorderStopped(at=CLOCK.now().utc, reason=StopReason.REQUESTED))
        with pytest.raises(CannotBeAsked, match="does not run") as refused:
            ask(store, Order(what=RequestKind.DIAL, line="desk", number="110"))
        assert "dutyphone record" in refused.value.advice
        assert store.requests_between(0, store.last_seq()) == ()

    def test_the_recorder_gives_no_sign_of_life(self, store: Store, tell: Tell) -> None:
        """X04: it may have been killed."""
        long_ago = datetime.now(UTC) - timedelta(minutes=1)
        tell(RecorderStarted(at=long_ago, version="0", pid=1))
        store.beat(long_ago, {})
        with pytest.raises(CannotBeAsked, match="does not run"):
            ask(store, Order(what=RequestKind.DIAL, line="desk", number="110"))
