"""Watching the dialogs of an account (RFC 4235), the desk phone's own calls too."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from xml.etree import ElementTree as ET

import pytest
from dutyphone_simulators.sip.exchange import SimulatedExchange
from dutyphone_simulators.sip.identity import IdentityForm
from dutyphone_simulators.sip.settings import FarEnd, Manner, WatchForm
from support.raw_telephone import Heard, RawTelephone

Desk = Callable[..., tuple[SimulatedExchange, RawTelephone]]
_COUNT = itertools.count(1)
NS = "{urn:ietf:params:xml:ns:dialog-info}"


class Watching:
    """A subscription of `phone`, whose notices are answered."""

    def __init__(self, phone: RawTelephone, *, expires: int = 60, event: str = "dialog") -> None:
        self.phone, self.number = phone, 1
        self.call_id = f"watch-{next(_COUNT)}"
        self.ok = self._subscribe("<sip:1001@127.0.0.1>", expires, event)

    def refresh(self, expires: int) -> Heard:
        return self._subscribe(self.ok["to"], expires, "dialog")

    def _subscribe(self, to: str, expires: int, event: str) -> Heard:
        headers = f"Event: {event}\nExpires: {expires}\nAccept: application/dialog-info+xml\n"
        credentials = ""
        while True:
            self.number += 1
            self.phone.request(
                "SUBSCRIBE",
                uri="sip:1001@127.0.0.1",
                to=to,
                from_tag="watcher",
                call_id=self.call_id,
                number=self.number,
                headers=headers + credentials,
            )
            answer = self.phone.hear(lambda heard: heard.status > 0 and heard["cseq"].endswith("SUBSCRIBE"))
            if answer.status not in (401, 407) or credentials:
                return answer
            credentials = self.phone.authorize(answer, "SUBSCRIBE", "sip:1001@127.0.0.1")

    def hear(self) -> tuple[Heard, ET.Element]:
        notice = self.phone.hear("NOTIFY")
        self.phone.answer(notice, 200)
        assert notice["content-type"] == "application/dialog-info+xml"
        return notice, ET.fromstring(notice.body)

    def states(self, count: int) -> list[tuple[str, str, str]]:
        """Of the next `count` notices: state, direction, and the other number."""
        seen = []
        for _ in range(count):
            _, document = self.hear()
            for dialog in document.iter(f"{NS}dialog"):
                remote = dialog.find(f"{NS}remote/{NS}identity")
                seen.append((dialog.findtext(f"{NS}state"), dialog.get("direction"), remote.text))
        return seen


def test_the_first_notice_is_full_and_comes_at_once(desk: Desk) -> None:
    exchange, phone = desk()
    watching = Watching(phone)
    assert (watching.ok.status, watching.ok["expires"]) == (200, "60")
    notice, document = watching.hear()
    assert (document.get("state"), document.get("version"), len(document)) == ("full", "0", 0)
    assert document.get("entity") == "sip:1001@127.0.0.1"
    assert notice["subscription-state"].startswith("active;expires=")
    assert notice.uri == phone.contact.strip("<>")
    assert exchange.watchers() == 1


def test_a_call_that_the_desk_phone_answers(desk: Desk) -> None:
    exchange, phone = desk()
    watching = Watching(phone)
    watching.hear()
    exchange.call(number="01055501234", name="张三", desk_answers_s=0.05, talk_s=0.05)
    remote = "sip:01055501234@127.0.0.1"
    assert watching.states(4) == [
        (state, "recipient", remote) for state in ("trying", "early", "confirmed", "terminated")
    ]


def test_partial_notices_count_up_and_name_the_caller(desk: Desk) -> None:
    exchange, phone = desk()
    watching = Watching(phone)
    watching.hear()
    exchange.call(number="01055501234", name="张三 & 李四", gives_up_s=0.05)
    for version in ("1", "2"):
        _, document = watching.hear()
        assert (document.get("state"), document.get("version")) == ("partial", version)
        identity = document.find(f"{NS}dialog/{NS}remote/{NS}identity")
        assert identity is not None
        assert identity.get("display") == "张三 & 李四"


def test_the_desk_phones_own_call(desk: Desk) -> None:
    exchange, phone = desk(far_ends={"013900000000": FarEnd(rings_s=0.05)})
    watching = Watching(phone)
    watching.hear()
    exchange.desk_calls("013900000000", talk_s=0.05)
    remote = "sip:013900000000@127.0.0.1"
    assert watching.states(4) == [
        (state, "initiator", remote) for state in ("trying", "early", "confirmed", "terminated")
    ]


def test_full_notices_repeat_what_is_over(desk: Desk) -> None:
    exchange, phone = desk(watch=WatchForm.FULL)
    watching = Watching(phone)
    watching.hear()
    exchange.call(number="01055501234", gives_up_s=0.02)
    assert watching.states(1)[0][0] == "Trying"
    watching.states(2)
    exchange.call(number="01055501299", gives_up_s=0.02)
    _, document = watching.hear()
    assert document.get("state") == "full"
    assert [dialog.findtext(f"{NS}state") for dialog in document] == ["terminated", "Trying"]


def test_a_whole_extension_as_one_dialog_that_names_nobody(desk: Desk) -> None:
    exchange, phone = desk(watch=WatchForm.EXTENSION, far_ends={"013900000000": FarEnd(rings_s=0.02)})
    watching = Watching(phone)

    def state() -> tuple[str | None, str | None]:
        _, document = watching.hear()
        (dialog,) = document
        assert (document.get("state"), dialog.get("id"), len(dialog)) == ("full", "1001", 1)
        return dialog.findtext(f"{NS}state"), dialog.get("direction")

    assert state() == ("terminated", None)
    exchange.call(number="01055501234", desk_answers_s=0.05, talk_s=0.05)
    assert [state(), state(), state()] == [("early", "recipient"), ("confirmed", None), ("terminated", None)]
    exchange.desk_calls("013900000000", talk_s=0.05)
    assert [state(), state()] == [("confirmed", None), ("terminated", None)]
    assert not [heard for heard in phone.quiet(0.05) if heard.method == "NOTIFY"]


@pytest.mark.parametrize(("manner", "same"), [(Manner.PROXY, True), (Manner.BRANCHES, False)])
def test_a_proxy_tells_the_call_id_that_the_telephones_saw(desk: Desk, manner: Manner, same: bool) -> None:
    exchange, phone = desk(manner=manner)
    watching = Watching(phone)
    watching.hear()
    exchange.call(gives_up_s=0.05)
    invite = phone.hear("INVITE")
    phone.answer(invite, 180)
    notice = next(heard for heard in [*phone.heard, watching.hear()[0]] if b"<dialog " in heard.body)
    dialog = ET.fromstring(notice.body)[0]
    assert (dialog.get("call-id") == invite["call-id"]) is same


@pytest.mark.parametrize("form", [IdentityForm.ANONYMOUS, IdentityForm.WITHHELD, IdentityForm.UNAVAILABLE])
def test_nobody_is_named_who_does_not_want_to_be(desk: Desk, form: IdentityForm) -> None:
    exchange, phone = desk()
    watching = Watching(phone)
    watching.hear()
    exchange.call(identity=form, number="01055501234", gives_up_s=0.05)
    assert watching.states(1)[0][2] == "sip:anonymous@127.0.0.1"


def test_a_subscription_in_mid_call_is_told_of_it(desk: Desk) -> None:
    exchange, phone = desk()
    exchange.call(number="01055501234", gives_up_s=5.0)
    watching = Watching(phone)
    assert watching.states(1) == [("early", "recipient", "sip:01055501234@127.0.0.1")]


def test_it_ends_by_wish_by_time_and_by_silence(desk: Desk) -> None:
    exchange, phone = desk()
    watching = Watching(phone)
    watching.hear()
    watching.refresh(0)
    assert watching.hear()[0]["subscription-state"] == "terminated;reason=timeout"
    assert exchange.watchers() == 0

    watching = Watching(phone, expires=1)
    watching.hear()
    assert watching.hear()[0]["subscription-state"] == "terminated;reason=timeout"
    assert exchange.watchers() == 0

    watching = Watching(phone)
    notice = phone.hear("NOTIFY")
    phone.answer(notice, 481)
    assert exchange.wait_for(lambda: exchange.watchers() == 0)


def test_a_refresh_keeps_it(desk: Desk) -> None:
    exchange, phone = desk()
    watching = Watching(phone)
    watching.hear()
    assert watching.refresh(60).status == 200
    assert watching.hear()[1].get("state") == "full"
    assert exchange.watchers() == 1


def test_other_events_are_not_offered(desk: Desk) -> None:
    exchange, phone = desk()
    answer = Watching(phone, event="message-summary").ok
    assert (answer.status, answer["allow-events"]) == (489, "dialog")
    assert exchange.watchers() == 0
