"""One call of the desk, told by two: our own branch of it, and the exchange that watches the desk telephone for us."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest
from dutyphone_drivers.sip_account import uri
from dutyphone_drivers.sip_account.desk_phone import (
    ENDED_KEPT_S,
    LONGEST_SILENCE_S,
    MOST_KEPT,
    OWN_BRANCH_S,
    PICK_UP_S,
    DeskPhone,
)
from dutyphone_drivers.sip_account.dialog_info import DialogInfo, DialogSeen, DialogState, Initiator
from dutyphone_drivers.sip_account.fields import NameAddr
from dutyphone_simulators.clock import ManualClock
from hypothesis import given, settings
from hypothesis import strategies as st

from dutyphone.lines.events import (
    CallerIdHeard,
    CallEvent,
    CallOffered,
    CallOver,
    CallTaken,
    CallWithdrawn,
    DigitsHeard,
    Direction,
    Evidence,
    LineEvent,
)

TRYING, EARLY, CONFIRMED, TERMINATED = (
    DialogState.TRYING,
    DialogState.EARLY,
    DialogState.CONFIRMED,
    DialogState.TERMINATED,
)


class Desk:
    """A desk telephone that is watched, our own branch beside it, and a clock."""

    def __init__(self, *, watched: bool = True) -> None:
        self.clock = ManualClock()
        self.room = DeskPhone("desk")
        self.room.watched(self.clock.now(), is_active=watched)
        self.told: list[LineEvent] = []
        self.tell()  # the first document shows that nothing is going on

    def ring(self, ref: str = "a@x", number: str = "01055501234") -> None:
        """Our own branch is called."""
        now = self.clock.now()
        self.leg(CallOffered(line="desk", at=now, call_ref=ref))
        self.leg(CallerIdHeard(line="desk", at=now, call_ref=ref, number=number))

    def cancel(self, ref: str = "a@x", *, elsewhere: bool = True) -> None:
        evidence, code = (Evidence.ANSWERED_ELSEWHERE, None) if elsewhere else (Evidence.EXCHANGE, 487)
        self.leg(CallWithdrawn(line="desk", at=self.clock.now(), call_ref=ref, evidence=evidence, code=code))

    def leg(self, *events: LineEvent) -> None:
        self.told += self.room.on_leg_events(events)

    def tell(self, *dialogs: DialogSeen, full: bool = True) -> None:
        """The exchange sends a document."""
        info = DialogInfo(entity="sip:1001@pbx.example", version=1, full=full, dialogs=dialogs)
        self.told += self.room.on_info(info, self.clock.now())

    def pass_time(self, seconds: float) -> None:
        self.told += self.room.on_deadline(self.clock.advance(seconds))

    def story(self) -> list[str]:
        return [
            type(event).__name__ + (f" {event.evidence.value}" if hasattr(event, "evidence") else "")
            for event in self.told
        ]


def dialog(state: DialogState, number: str = "01055501234", **fields: Any) -> DialogSeen:
    text = f"sip:{number}@pbx.example"
    remote = NameAddr(name="", name_bytes=b"", uri=uri.read(text), text=text)
    given: dict[str, Any] = {
        "id": "d1",
        "call_id": "a@x",
        "local_tag": None,
        "remote_tag": None,
        "direction": Initiator.THE_OTHER,
        "remote": remote,
    }
    return DialogSeen(**given | fields, state=state)


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_talk_at_the_desk_telephone_has_a_beginning_and_an_end(desk: Desk) -> None:
    desk.ring()
    desk.tell(dialog(EARLY))
    desk.pass_time(4)
    desk.cancel()
    desk.tell(dialog(CONFIRMED))
    desk.pass_time(30)
    desk.tell(dialog(TERMINATED))
    assert desk.story() == ["CallOffered", "CallerIdHeard", "CallTaken answered_elsewhere", "CallOver exchange"]
    assert desk.told[-1].at.since(desk.told[-2].at) == 30
    assert desk.room.open_calls == 0


def test_the_exchange_may_tell_before_our_branch_is_cancelled(desk: Desk) -> None:
    desk.ring()
    desk.tell(dialog(CONFIRMED))
    desk.cancel()
    desk.tell(dialog(TERMINATED))
    assert desk.story() == ["CallOffered", "CallerIdHeard", "CallTaken answered_elsewhere", "CallOver exchange"]


def test_an_exchange_that_names_each_branch_anew_is_understood_by_caller_and_moment(desk: Desk) -> None:
    desk.ring(ref="branch@pbx", number="+861055501234")
    desk.tell(dialog(EARLY, number="01055501234", call_id=None))
    desk.cancel(ref="branch@pbx")
    desk.tell(dialog(CONFIRMED, call_id=None))
    desk.pass_time(9)
    desk.tell(full=True)
    assert desk.story() == ["CallOffered", "CallerIdHeard", "CallTaken answered_elsewhere", "CallOver exchange"]


def test_a_document_that_overtakes_our_branch_makes_no_second_call(desk: Desk) -> None:
    desk.tell(dialog(EARLY, call_id=None))
    desk.pass_time(OWN_BRANCH_S / 2)
    desk.ring(ref="branch@pbx")
    desk.pass_time(OWN_BRANCH_S)
    desk.cancel(ref="branch@pbx", elsewhere=False)
    desk.tell(dialog(TERMINATED, call_id=None))
    assert desk.story() == ["CallOffered", "CallerIdHeard", "CallWithdrawn exchange"]


def test_a_call_that_rings_at_the_desk_telephone_alone_is_told_as_of_its_beginning(desk: Desk) -> None:
    began = desk.clock.now()
    desk.tell(dialog(EARLY))
    desk.pass_time(OWN_BRANCH_S)
    desk.tell(dialog(TERMINATED, code=487))
    assert desk.story() == ["CallOffered", "CallerIdHeard", "CallWithdrawn exchange"]
    assert desk.told[0].at == began
    withdrawn = desk.told[-1]
    assert isinstance(withdrawn, CallWithdrawn)
    assert withdrawn.code == 487


def test_a_call_so_short_that_nobody_told_it_twice_is_told(desk: Desk) -> None:
    desk.tell(dialog(EARLY))
    desk.tell(dialog(TERMINATED))
    assert desk.story() == ["CallOffered", "CallerIdHeard", "CallWithdrawn exchange"]


def test_calls_the_desk_telephone_makes_are_calls(desk: Desk) -> None:
    outgoing = {"direction": Initiator.ITSELF, "call_id": "out@desk", "number": "13900001234"}
    desk.tell(dialog(TRYING, **outgoing))
    desk.tell(dialog(EARLY, **outgoing))
    desk.pass_time(6)
    desk.tell(dialog(CONFIRMED, **outgoing))
    desk.pass_time(3)
    desk.tell(dialog(TERMINATED, **outgoing))
    assert desk.story() == ["CallOffered", "DigitsHeard", "CallTaken exchange", "CallOver exchange"]
    offered, dialled, *_rest = desk.told
    assert isinstance(offered, CallOffered)
    assert offered.direction is Direction.OUTGOING
    assert isinstance(dialled, DigitsHeard)
    assert dialled.digits == "13900001234"


def test_a_challenged_call_of_the_desk_telephone_is_one_call(desk: Desk) -> None:
    """kamailio tells the INVITE it challenged as a dialog of its own, which never ends."""
    outgoing = {"direction": Initiator.ITSELF, "call_id": "out@desk"}
    challenged = dialog(TRYING, id="d1", **outgoing)
    desk.tell(challenged)
    desk.tell(challenged, dialog(TRYING, id="d2", **outgoing))
    desk.tell(challenged, dialog(CONFIRMED, id="d2", **outgoing))
    desk.tell(challenged, dialog(TERMINATED, id="d2", **outgoing))
    assert desk.story() == ["CallOffered", "DigitsHeard", "CallTaken exchange", "CallOver exchange"]
    for _hour in range(3):
        desk.pass_time(ENDED_KEPT_S + 1)
        desk.tell(challenged)
        desk.tell(challenged, dialog(EARLY, id=f"d{_hour + 3}", call_id=f"{_hour}@x", number="02155501234"))
        desk.tell(challenged)
    assert sum(isinstance(event, CallOffered) for event in desk.told) == 4


def test_what_the_exchange_forgot_to_end_long_ago_is_no_call_of_now() -> None:
    desk = Desk(watched=False)
    desk.room = DeskPhone("desk")
    desk.told.clear()
    desk.tell(dialog(TRYING), dialog(TERMINATED, id="d2", call_id="b@x"))
    desk.pass_time(60)
    assert desk.story() == []


def test_talk_that_was_going_on_already_is_told(desk: Desk) -> None:
    desk = Desk(watched=False)
    desk.room = DeskPhone("desk")
    desk.tell(dialog(CONFIRMED))
    desk.tell()
    assert desk.story() == ["CallOffered", "CallerIdHeard", "CallTaken answered_elsewhere", "CallOver exchange"]


def test_finished_dialogs_that_are_repeated_say_nothing_new(desk: Desk) -> None:
    desk.ring()
    desk.tell(dialog(CONFIRMED))
    desk.cancel()
    for _again in range(5):
        desk.tell(dialog(TERMINATED))
        desk.pass_time(ENDED_KEPT_S / 2)
    assert desk.story()[2:] == ["CallTaken answered_elsewhere", "CallOver exchange"]


def test_a_call_taken_at_a_telephone_that_is_not_watched_has_no_length(desk: Desk) -> None:
    desk.ring()
    desk.cancel()
    assert desk.story()[-1] == "CallTaken answered_elsewhere"
    desk.pass_time(PICK_UP_S)
    assert desk.story()[-1] == "CallOver answered_elsewhere"


def test_without_a_watch_the_branch_says_all_there_is() -> None:
    desk = Desk(watched=False)
    desk.ring()
    desk.cancel()
    assert desk.story() == ["CallOffered", "CallerIdHeard", "CallWithdrawn answered_elsewhere"]


def test_a_call_taken_here_is_not_told_a_second_time(desk: Desk) -> None:
    desk.ring()
    desk.tell(dialog(EARLY))
    desk.leg(CallTaken(line="desk", at=desk.clock.now(), call_ref="a@x", evidence=Evidence.OWN_ANSWER))
    desk.tell(dialog(CONFIRMED))
    desk.tell(dialog(TERMINATED))
    desk.leg(CallOver(line="desk", at=desk.clock.now(), call_ref="a@x", evidence=Evidence.EXCHANGE))
    assert desk.story() == ["CallOffered", "CallerIdHeard", "CallTaken own_answer", "CallOver exchange"]


def test_a_call_dialled_here_is_not_told_a_second_time(desk: Desk) -> None:
    now = desk.clock.now()
    desk.leg(CallOffered(line="desk", at=now, call_ref="o@x", direction=Direction.OUTGOING))
    desk.tell(dialog(EARLY, call_id="o@x", direction=Initiator.ITSELF))
    desk.tell(dialog(TERMINATED, call_id="o@x", direction=Initiator.ITSELF))
    assert desk.story() == ["CallOffered"]


def test_a_caller_who_gives_up_is_told_by_our_own_branch_alone(desk: Desk) -> None:
    desk.ring()
    desk.tell(dialog(EARLY))
    desk.tell(dialog(TERMINATED))
    desk.cancel(elsewhere=False)
    assert desk.story() == ["CallOffered", "CallerIdHeard", "CallWithdrawn exchange"]


def test_a_line_that_is_lost_ends_what_only_the_watch_could_follow(desk: Desk) -> None:
    desk.ring()
    desk.tell(dialog(CONFIRMED))
    desk.cancel()
    desk.told += desk.room.lost(desk.clock.now())
    assert desk.story()[-1] == "CallOver line_lost"
    assert desk.room.open_calls == 0


def test_a_flood_of_dialogs_fills_no_memory(desk: Desk) -> None:
    for i in range(MOST_KEPT * 2):
        desk.tell(dialog(EARLY, id=f"d{i}", call_id=f"{i}@x", number=f"{i}"), full=False)
    assert desk.room.open_calls <= MOST_KEPT


IDS = st.sampled_from(["d1", "d2", "d3"])
STEPS = st.one_of(
    st.tuples(st.just("ring"), st.sampled_from(["a@x", "b@x"])),
    st.tuples(st.just("cancel"), st.sampled_from(["a@x", "b@x"]), st.booleans()),
    st.tuples(
        st.just("tell"),
        st.lists(st.tuples(IDS, st.sampled_from(["a@x", "b@x", None]), st.sampled_from(DialogState)), max_size=3),
        st.booleans(),
    ),
    st.tuples(st.just("pass"), st.floats(0, 70)),
    st.tuples(
        st.just("lost"),
    ),
)


@given(st.lists(STEPS, max_size=30))
@settings(max_examples=300, deadline=None)
def test_whatever_is_told_each_call_begins_once_and_ends_once(steps: list[tuple[Any, ...]]) -> None:
    """Nothing is taken before it is offered, nothing ends twice, and a call that ended stays ended."""
    desk = Desk()
    ringing: set[str] = set()
    used: set[str] = set()
    for step in steps:
        match step:
            case ("ring", ref) if ref not in used:
                used.add(ref)
                ringing.add(ref)
                desk.ring(ref)
            case ("cancel", ref, elsewhere) if ref in ringing:
                ringing.remove(ref)
                desk.cancel(ref, elsewhere=elsewhere)
            case ("tell", dialogs, full):
                once = {dialog_id: (call_id, state) for dialog_id, call_id, state in dialogs}
                desk.tell(
                    *(dialog(state, id=key, call_id=call_id) for key, (call_id, state) in once.items()), full=full
                )
            case ("pass", seconds):
                desk.pass_time(seconds)
            case ("lost",):
                for ref in sorted(ringing):
                    desk.cancel(ref, elsewhere=False)
                ringing.clear()
                desk.told += desk.room.lost(desk.clock.now())
    for ref in sorted(ringing):
        desk.cancel(ref, elsewhere=False)
    desk.told += desk.room.lost(desk.clock.now())
    for ref in {event.call_ref for event in calls(desk.told)}:
        check_story([event for event in calls(desk.told) if event.call_ref == ref])


def calls(events: Iterable[LineEvent]) -> list[CallEvent]:
    return [event for event in events if isinstance(event, CallEvent)]


def check_story(events: list[CallEvent]) -> None:
    state = "none"
    for event in events:
        match event:
            case CallOffered():
                assert state in ("none", "over")
                state = "offered"
            case CallTaken():
                assert state == "offered"
                state = "taken"
            case CallOver():
                assert state == "taken"
                state = "over"
            case CallWithdrawn():
                assert state == "offered"
                state = "over"
    assert state == "over"


def in_use(state: DialogState) -> DialogSeen:
    """What an exchange says that tells of the telephone and not of its calls: one dialog for ever, naming nobody."""
    return dialog(state, id="1001", call_id=None, remote=None, direction=None)


@pytest.mark.parametrize("told_first", [False, True], ids=["after our branch is cancelled", "before"])
def test_an_exchange_that_tells_only_that_the_telephone_is_in_use(desk: Desk, *, told_first: bool) -> None:
    for number in ("01055501234", "01055505678"):
        desk.ring(ref=f"{number}@x", number=number)
        if told_first:
            desk.tell(in_use(CONFIRMED))
            desk.cancel(ref=f"{number}@x")
        else:
            desk.tell(in_use(EARLY))
            desk.cancel(ref=f"{number}@x")
            desk.tell(in_use(CONFIRMED))
        desk.pass_time(30)
        desk.tell(in_use(TERMINATED))
        desk.pass_time(5)
    one = ["CallOffered", "CallerIdHeard", "CallTaken answered_elsewhere", "CallOver exchange"]
    assert desk.story() == one * 2
    assert desk.told[3].at.since(desk.told[2].at) == 30


def test_a_telephone_in_use_without_a_call_before_it_calls_somebody(desk: Desk) -> None:
    began = desk.clock.now()
    desk.tell(in_use(CONFIRMED))
    desk.pass_time(OWN_BRANCH_S)
    desk.pass_time(20)
    desk.tell(in_use(TERMINATED))
    assert desk.story() == ["CallOffered", "CallTaken extension_hook", "CallOver extension_hook"]
    offered, taken, over = desk.told
    assert isinstance(offered, CallOffered)
    assert offered.direction is Direction.OUTGOING
    assert taken.at == began
    assert over.at.since(taken.at) == 20 + OWN_BRANCH_S


def test_a_withheld_number_is_the_same_call_on_both_ways(desk: Desk) -> None:
    desk.leg(CallOffered(line="desk", at=desk.clock.now(), call_ref="b@x"))
    desk.leg(CallerIdHeard(line="desk", at=desk.clock.now(), call_ref="b@x"))
    desk.tell(dialog(EARLY, number="anonymous", call_id=None))
    desk.cancel(ref="b@x")
    desk.tell(dialog(CONFIRMED, number="anonymous", call_id=None))
    desk.tell(dialog(TERMINATED, number="anonymous", call_id=None))
    desk.pass_time(10)
    assert desk.story() == ["CallOffered", "CallerIdHeard", "CallTaken answered_elsewhere", "CallOver exchange"]


def test_talk_at_the_desk_telephone_outlives_an_outage(desk: Desk) -> None:
    desk.ring()
    desk.tell(dialog(CONFIRMED))
    desk.cancel()
    desk.room.watched(desk.clock.now(), is_active=False)
    desk.pass_time(300)
    desk.room.watched(desk.clock.now(), is_active=True)
    desk.tell(dialog(CONFIRMED))
    desk.pass_time(60)
    desk.tell(dialog(TERMINATED))
    assert desk.story()[2:] == ["CallTaken answered_elsewhere", "CallOver exchange"]
    assert desk.told[-1].at.since(desk.told[-2].at) == 360


def test_talk_that_ended_during_an_outage_has_no_length(desk: Desk) -> None:
    desk.ring()
    desk.tell(dialog(CONFIRMED))
    desk.cancel()
    desk.room.watched(desk.clock.now(), is_active=False)
    desk.pass_time(300)
    desk.room.watched(desk.clock.now(), is_active=True)
    desk.tell()
    assert desk.story()[-1] == "CallOver answered_elsewhere"


def test_an_exchange_that_never_tells_again_leaves_no_call_open(desk: Desk) -> None:
    desk.tell(dialog(CONFIRMED))
    desk.room.watched(desk.clock.now(), is_active=False)
    desk.pass_time(LONGEST_SILENCE_S)
    assert desk.story()[-1] == "CallOver line_lost"
    assert desk.room.open_calls == 0


def test_an_exchange_that_does_not_say_why_it_stops_ringing_is_understood_by_the_watch(desk: Desk) -> None:
    desk.ring()
    desk.tell(dialog(EARLY))
    desk.pass_time(4)
    stopped = desk.clock.now()
    desk.cancel(elsewhere=False)
    desk.pass_time(OWN_BRANCH_S / 2)
    desk.tell(dialog(CONFIRMED))
    desk.pass_time(30)
    desk.tell(dialog(TERMINATED))
    assert desk.story() == ["CallOffered", "CallerIdHeard", "CallTaken answered_elsewhere", "CallOver exchange"]
    assert desk.told[2].at == stopped


@pytest.mark.parametrize("told", [False, True])
def test_a_caller_who_gives_up_is_told_as_of_the_moment_at_which_it_was_so(desk: Desk, *, told: bool) -> None:
    desk.ring()
    desk.tell(dialog(EARLY))
    desk.pass_time(4)
    stopped = desk.clock.now()
    desk.cancel(elsewhere=False)
    if told:
        desk.tell(dialog(TERMINATED))
    else:
        desk.pass_time(OWN_BRANCH_S)
    assert desk.story() == ["CallOffered", "CallerIdHeard", "CallWithdrawn exchange"]
    assert desk.told[-1].at == stopped
