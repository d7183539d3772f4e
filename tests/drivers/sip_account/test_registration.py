"""The registration, against a registrar that says in each test what registrars say (lines.md B; RFC 3261 §10)."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import pytest
from dutyphone_drivers.sip_account.fields import cseq
from dutyphone_drivers.sip_account.message import Headers, Request, Response
from dutyphone_drivers.sip_account.registration import (
    PING_PATIENCE_S,
    REFUSED_PAUSES_S,
    SILENCE_S,
    UNREACHABLE_PAUSE_S,
    Registration,
    State,
)
from dutyphone_drivers.sip_account.settings import AccountSettings
from dutyphone_drivers.sip_account.wire import Address, Transport
from dutyphone_simulators.clock import ManualClock

from dutyphone.lines.events import LineEvent, LineHeard, LineLost, LineOpened, LossReason

US = Address("192.0.2.20", 5062, Transport.UDP)
SERVER = Address("192.0.2.10", 5060, Transport.UDP)
OTHER_SERVER = Address("192.0.2.11", 5060, Transport.UDP)
SECRET = "correct horse"
MD5 = 'Digest realm="pbx.example", nonce="n1", algorithm=MD5, qop="auth"'


class Registrar:
    """Catches what is sent and answers as it is told."""

    def __init__(self, **settings: object) -> None:
        numbers = itertools.count(1)
        self.clock = ManualClock()
        self.sent: list[tuple[str, Request, Address]] = []
        self.events: list[LineEvent] = []
        self.settings = AccountSettings(
            **{  # type: ignore[arg-type]
                "line": "desk",
                "account": "1001",
                "domain": "pbx.example",
                "server": "pbx.example",
                "contact_user": "1001-0123456789abcdef",
                "instance": "urn:uuid:5f1c9a52-0000-4000-8000-1234567890ab",
                "password": SECRET,
            }
            | settings
        )
        self.registration = Registration(self.settings, self, lambda: f"token{next(numbers)}")

    def send(self, request: Request, to: Address, now: object, owner: object) -> str:
        assert owner is self.registration
        key = f"key{len(self.sent)}"
        self.sent.append((key, request, to))
        return key

    def start(self, *servers: Address) -> None:
        self.registration.start(self.clock.now(), US, servers or (SERVER,))

    @property
    def asked(self) -> Request:
        """The last request."""
        return self.sent[-1][1]

    def answer(self, status: int, *fields: tuple[str, str], to: int = -1) -> list[LineEvent]:
        key, request, _server = self.sent[to]
        number = cseq(request)
        assert number is not None
        via = ("Via", f"SIP/2.0/UDP {US.host}:{US.port};branch=z9hG4bKx;rport={US.port};received={US.host}")
        head = Headers([*([] if any(name == "Via" for name, _ in fields) else [via]), *fields])
        self.registration.heard(self.clock.now())
        return self._keep(
            self.registration.on_response(key, Response(status=status, reason="", headers=head), self.clock.now())
        )

    def grant(self, expires_s: int = 60, *fields: tuple[str, str]) -> list[LineEvent]:
        """The last REGISTER is answered."""
        contact = f"<{self.registration.contact}>;expires={expires_s}"
        last = max(i for i, (_key, request, _to) in enumerate(self.sent) if request.headers.has("Contact"))
        return self.answer(200, ("Contact", contact), *fields, to=last)

    def time_out(self, to: int = -1) -> list[LineEvent]:
        return self._keep(self.registration.on_timeout(self.sent[to][0], self.clock.now()))

    def pass_time(self, seconds: float) -> list[LineEvent]:
        """Let time pass, with every deadline on the way."""
        events: list[LineEvent] = []
        end = self.clock.now().mono + seconds
        while (due := self.registration.next_deadline()) is not None and due <= end:
            self.clock.advance(max(0.0, due - self.clock.now().mono))
            events += self._keep(self.registration.on_deadline(self.clock.now()))
        self.clock.advance(end - self.clock.now().mono)
        return events

    def asks(self) -> list[str]:
        """What was asked, in words."""
        return [_in_words(request) for _key, request, _to in self.sent]

    def _keep(self, events: list[LineEvent]) -> list[LineEvent]:
        self.events += events
        return events


@pytest.fixture
def registrar() -> Registrar:
    return Registrar(ping_s=0.0)


def _in_words(request: Request) -> str:
    if request.method != "REGISTER":
        return request.method
    return "bind" if request.headers.has("Contact") else "who is bound?"


def expires_of(request: Request) -> str | None:
    return request.headers.get("Expires")


def test_the_account_is_registered_with_an_address_nobody_can_guess(registrar: Registrar) -> None:
    registrar.start()
    assert registrar.asked.method == "REGISTER"
    assert registrar.asked.uri == "sip:pbx.example"
    assert registrar.asked.headers.get("To") == "<sip:1001@pbx.example>"
    contact = registrar.asked.headers.get("Contact")
    assert contact is not None
    assert contact.startswith("<sip:1001-0123456789abcdef@192.0.2.20:5062>")
    assert '+sip.instance="<urn:uuid:5f1c9a52-0000-4000-8000-1234567890ab>"' in contact
    (opened,) = registrar.grant()
    assert isinstance(opened, LineOpened)


def test_the_servers_name_is_kept_as_the_device(registrar: Registrar) -> None:
    registrar.start()
    (opened,) = registrar.grant(60, ("Server", "kamailio (5.6.3)"))
    assert isinstance(opened, LineOpened)
    assert opened.device == "kamailio (5.6.3)"


def test_what_the_server_grants_counts_and_not_what_was_asked(registrar: Registrar) -> None:
    """A server that grants 12 s is asked again after 9.6 s."""
    registrar.start()
    registrar.grant(12)
    registrar.pass_time(9.5)
    assert len(registrar.sent) == 1
    registrar.pass_time(0.2)
    assert len(registrar.sent) == 2


def test_the_grant_may_stand_in_expires(registrar: Registrar) -> None:
    registrar.start()
    registrar.answer(200, ("Expires", "20"))
    registrar.pass_time(16.1)
    assert len(registrar.sent) == 2


def test_one_challenge_is_answered_once(registrar: Registrar) -> None:
    registrar.start()
    registrar.answer(401, ("WWW-Authenticate", MD5))
    assert registrar.asked.headers.has("Authorization")
    assert cseq(registrar.asked).number == 2  # type: ignore[union-attr]
    (lost,) = registrar.answer(401, ("WWW-Authenticate", MD5.replace("n1", "n2")))
    assert isinstance(lost, LineLost)
    assert lost.reason is LossReason.NOT_REGISTERED
    assert lost.detail.startswith("401")
    assert len(registrar.sent) == 2


def test_a_proxy_that_asks_is_answered_in_its_own_field(registrar: Registrar) -> None:
    registrar.start()
    registrar.answer(407, ("Proxy-Authenticate", MD5))
    assert registrar.asked.headers.has("Proxy-Authorization")
    assert not registrar.asked.headers.has("Authorization")


def test_a_stale_nonce_is_no_wrong_password(registrar: Registrar) -> None:
    registrar.start()
    registrar.answer(401, ("WWW-Authenticate", MD5))
    registrar.answer(401, ("WWW-Authenticate", MD5.replace("n1", "n2") + ", stale=true"))
    assert 'nonce="n2"' in (registrar.asked.headers.get("Authorization") or "")
    assert isinstance(registrar.grant()[0], LineOpened)


def test_a_used_up_nonce_is_no_wrong_password_once_the_password_was_right(registrar: Registrar) -> None:
    """Servers that take each nonce once often forget to say that it is stale."""
    registrar.start()
    registrar.answer(401, ("WWW-Authenticate", MD5))
    registrar.grant(12)
    registrar.pass_time(9.7)
    assert "nc=00000002" in (registrar.asked.headers.get("Authorization") or "")
    assert registrar.answer(401, ("WWW-Authenticate", MD5.replace("n1", "n2"))) == []
    assert isinstance(registrar.grant()[0], LineHeard)


def test_a_wrong_password_is_tried_again_slowly(registrar: Registrar) -> None:
    """Exchanges lock accounts that try too often."""
    registrar.start()
    registrar.answer(403)
    registrar.pass_time(REFUSED_PAUSES_S[0] - 1)
    assert len(registrar.sent) == 1
    registrar.pass_time(1.1)
    assert len(registrar.sent) == 2
    registrar.answer(403)
    registrar.pass_time(REFUSED_PAUSES_S[1] - 1)
    assert len(registrar.sent) == 2


@pytest.mark.parametrize("status", [401, 403])
def test_an_answer_that_has_grown_old_is_no_wrong_password(registrar: Registrar, status: int) -> None:
    """Some exchanges refuse an old nonce with 403, or ask with the same again: the next one goes unsigned, once."""
    registrar.start()
    registrar.answer(401, ("WWW-Authenticate", MD5))
    registrar.grant(10)
    registrar.pass_time(8.1)
    asks_again = [("WWW-Authenticate", MD5)] if status == 401 else []
    assert registrar.answer(status, *asks_again) == []
    assert not registrar.asked.headers.has("Authorization")
    registrar.answer(401, ("WWW-Authenticate", MD5.replace("n1", "n2")))
    assert 'nonce="n2"' in (registrar.asked.headers.get("Authorization") or "")
    assert isinstance(registrar.grant(10)[0], LineHeard)


def test_a_password_that_is_wrong_from_now_on_is_tried_once_with_a_new_question(registrar: Registrar) -> None:
    registrar.start()
    registrar.answer(401, ("WWW-Authenticate", MD5))
    registrar.grant(10)
    registrar.pass_time(8.1)
    registrar.answer(403)
    registrar.answer(401, ("WWW-Authenticate", MD5.replace("n1", "n2")))
    (lost,) = registrar.answer(403)
    assert isinstance(lost, LineLost)
    asked = len(registrar.sent)
    registrar.pass_time(REFUSED_PAUSES_S[0] - 1)
    assert len(registrar.sent) == asked


def test_a_longer_interval_is_asked_for_if_the_server_wants_one(registrar: Registrar) -> None:
    registrar.start()
    registrar.answer(423, ("Min-Expires", "300"))
    assert expires_of(registrar.asked) == "300"
    assert isinstance(registrar.grant(300)[0], LineOpened)


@pytest.mark.parametrize("least", ["", "10", "99999999999", "soon"])
def test_nonsense_about_the_interval_is_a_refusal(registrar: Registrar, least: str) -> None:
    registrar.start()
    (lost,) = registrar.answer(423, ("Min-Expires", least))
    assert isinstance(lost, LineLost)
    assert len(registrar.sent) == 1


def test_a_busy_server_is_asked_again_when_it_says(registrar: Registrar) -> None:
    registrar.start()
    registrar.answer(503, ("Retry-After", "18 (in maintenance)"))
    registrar.pass_time(17.9)
    assert len(registrar.sent) == 1
    registrar.pass_time(0.2)
    assert len(registrar.sent) == 2


def test_an_hour_of_maintenance_is_not_waited_for(registrar: Registrar) -> None:
    registrar.start()
    registrar.answer(503, ("Retry-After", "86400"))
    registrar.pass_time(301)
    assert len(registrar.sent) == 2


def test_a_server_that_is_away_is_asked_for_ever_and_never_rarely(registrar: Registrar) -> None:
    """X05: after an outage of any length we are bound again within seconds."""
    registrar.start()
    registrar.grant()
    for _round in range(200):
        while registrar.registration.state is not State.WAITING and len(registrar.sent) < 1000:
            registrar.pass_time(49)
            registrar.time_out()
        registrar.pass_time(UNREACHABLE_PAUSE_S)
    assert len(registrar.sent) > 200
    (opened,) = registrar.grant()
    assert isinstance(opened, LineOpened)


def test_a_silent_server_is_noticed_and_the_line_is_blind_since_it_was_last_heard(registrar: Registrar) -> None:
    registrar = Registrar(ping_s=5.0)
    registrar.start()
    registrar.grant()
    heard = registrar.clock.now()
    lost = [event for event in registrar.pass_time(5 + SILENCE_S + 0.1) if isinstance(event, LineLost)]
    assert [(event.reason, event.at) for event in lost] == [(LossReason.NETWORK, heard)]


@pytest.mark.parametrize("ping_s", [1.0, 5.0])
def test_an_unanswered_ping_is_a_reason_to_register_at_once(ping_s: float) -> None:
    """The server may have been restarted, and have forgotten us."""
    registrar = Registrar(ping_s=ping_s)
    registrar.start()
    registrar.grant()
    registrar.pass_time(ping_s)
    assert registrar.asks() == ["bind", "who is bound?"]
    registrar.pass_time(PING_PATIENCE_S)
    assert registrar.asks() == ["bind", "who is bound?", "bind"]


def test_a_server_that_was_restarted_between_two_pings_is_found_out_by_the_next() -> None:
    """Its answer has the bindings it knows, and ours is not among them."""
    registrar = Registrar(ping_s=5.0)
    registrar.start()
    registrar.grant()
    registrar.pass_time(5.0)
    (heard,) = registrar.answer(200, ("Contact", f"<{registrar.registration.contact}>;expires=55"))
    assert isinstance(heard, LineHeard)
    registrar.pass_time(5.0)
    registrar.answer(200)
    assert registrar.asks() == ["bind", "who is bound?", "who is bound?", "bind"]


def test_a_server_that_never_tells_its_bindings_is_pinged_otherwise() -> None:
    registrar = Registrar(ping_s=5.0)
    registrar.start()
    registrar.grant()
    for _ping in range(3):
        registrar.pass_time(5.0)
        registrar.answer(200)
        if registrar.asks()[-1] == "bind":
            registrar.grant()
    assert registrar.asks() == ["bind", *["who is bound?", "bind"] * 2, "OPTIONS"]


@pytest.mark.parametrize("status", [400, 403, 404, 405, 501])
def test_an_answered_ping_is_a_sign_of_life_whatever_the_answer(status: int) -> None:
    registrar = Registrar(ping_s=5.0)
    registrar.start()
    registrar.grant()
    for _ping in range(3):
        registrar.pass_time(5.0)
        (heard,) = registrar.answer(status)
        assert isinstance(heard, LineHeard)
    assert registrar.asks() == ["bind", "who is bound?", "OPTIONS", "OPTIONS"]


def test_a_ping_that_is_challenged_is_answered() -> None:
    registrar = Registrar(ping_s=5.0)
    registrar.start()
    registrar.answer(401, ("WWW-Authenticate", MD5))
    registrar.grant()
    registrar.pass_time(5.0)
    registrar.answer(401, ("WWW-Authenticate", MD5.replace("n1", "n2") + ", stale=true"))
    assert registrar.asks()[-1] == "who is bound?"
    assert 'nonce="n2"' in (registrar.asked.headers.get("Authorization") or "")


def test_a_ping_whose_answer_has_grown_old_is_no_refusal_to_tell() -> None:
    registrar = Registrar(ping_s=5.0)
    registrar.start()
    registrar.answer(401, ("WWW-Authenticate", MD5))
    registrar.grant()
    registrar.pass_time(5.0)
    registrar.answer(403)
    registrar.answer(401, ("WWW-Authenticate", MD5.replace("n1", "n2")))
    registrar.grant()
    registrar.pass_time(5.0)
    assert registrar.asks()[-3:] == ["bind", "bind", "who is bound?"]


def test_the_line_is_back_with_the_next_registration(registrar: Registrar) -> None:
    registrar = Registrar(ping_s=5.0)
    registrar.start()
    registrar.grant()
    registrar.pass_time(20)
    (opened,) = registrar.grant()
    assert isinstance(opened, LineOpened)


def test_a_registration_that_lapsed_is_a_blind_interval(registrar: Registrar) -> None:
    registrar.start()
    registrar.grant(12)
    lost = [event for event in registrar.pass_time(30) if isinstance(event, LineLost)]
    assert lost
    assert lost[-1].reason in (LossReason.NOT_REGISTERED, LossReason.NETWORK)


def test_another_server_is_tried_when_one_does_not_answer(registrar: Registrar) -> None:
    registrar.start(SERVER, OTHER_SERVER)
    registrar.time_out()
    registrar.pass_time(UNREACHABLE_PAUSE_S)
    assert [to for _key, _request, to in registrar.sent] == [SERVER, OTHER_SERVER]


def test_behind_a_nat_the_address_the_server_sees_is_registered(registrar: Registrar) -> None:
    """RFC 3581; the address of before is taken back in the same request."""
    registrar.start()
    registrar.grant(60, ("Via", "SIP/2.0/UDP 192.0.2.20:5062;branch=z9hG4bKx;rport=40001;received=203.0.113.5"))
    contacts = registrar.asked.headers.all("Contact")
    assert contacts[0].startswith("<sip:1001-0123456789abcdef@203.0.113.5:40001>")
    assert contacts[1] == "<sip:1001-0123456789abcdef@192.0.2.20:5062>;expires=0"
    assert len(registrar.sent) == 2


def test_a_nat_that_gives_a_new_port_each_time_does_not_make_us_run(registrar: Registrar) -> None:
    registrar.start()
    for port in range(40_001, 40_020):
        registrar.grant(60, ("Via", f"SIP/2.0/UDP 192.0.2.20:5062;branch=z9hG4bKx;rport={port};received=203.0.113.5"))
    assert len(registrar.sent) == 2


@pytest.mark.parametrize(
    "written",
    ["<sip:1001-0123456789abcdef@203.0.113.9:40001>", "<sip:1001-0123456789abcdef@192.0.2.20>"],
    ids=["as it saw us", "without a port"],
)
def test_a_server_that_writes_our_contact_in_its_own_way_has_bound_us(written: str) -> None:
    """Its interval counts, the binding is not taken back as if it were a stranger's, and pings find it."""
    registrar = Registrar(ping_s=5.0)
    registrar.start()
    (opened,) = registrar.answer(200, ("Contact", f"{written};expires=30"))
    assert isinstance(opened, LineOpened)
    for _ping in range(4):
        registrar.pass_time(5.0)
        registrar.answer(200, ("Contact", f"{written};expires=12"))
    registrar.pass_time(4.9)
    assert registrar.asks() == ["bind", *["who is bound?"] * 4, "bind"]
    assert all(len(request.headers.all("Contact")) <= 1 for _key, request, _to in registrar.sent)


def test_a_binding_that_a_crash_left_behind_is_taken_back(registrar: Registrar) -> None:
    registrar.start()
    ghost = "<sip:1001-0123456789abcdef@192.0.2.20:49152>;expires=31"
    desk_phone = "<sip:1001-0x55aa@192.0.2.30:5064>;expires=50"
    registrar.grant(60, ("Contact", ghost), ("Contact", desk_phone))
    assert registrar.asked.headers.all("Contact")[1:] == ("<sip:1001-0123456789abcdef@192.0.2.20:49152>;expires=0",)
    registrar.grant(60, ("Contact", ghost), ("Contact", desk_phone))
    assert len(registrar.sent) == 2, "a registrar that keeps it is asked once"


def test_stopping_takes_the_binding_back(registrar: Registrar) -> None:
    registrar.start()
    registrar.grant()
    registrar.registration.stop(registrar.clock.now())
    assert expires_of(registrar.asked) == "0"
    assert registrar.registration.state is State.LEAVING
    registrar.answer(401, ("WWW-Authenticate", MD5))
    registrar.answer(200)
    assert registrar.registration.state is State.ENDED
    assert registrar.registration.next_deadline() is None


def test_stopping_before_anything_was_granted_asks_nobody(registrar: Registrar) -> None:
    registrar.start()
    registrar.registration.stop(registrar.clock.now())
    assert len(registrar.sent) == 1
    assert registrar.registration.state is State.ENDED


def test_a_lost_connection_is_a_reason_to_register_at_once(registrar: Registrar) -> None:
    registrar.start()
    registrar.grant()
    registrar.registration.reach_again(registrar.clock.now())
    assert registrar.asks() == ["bind", "bind"]


def test_a_first_attempt_that_cannot_be_is_told_at_once(registrar: Registrar) -> None:
    registrar.start()
    registrar.registration.unreachable("certificate verify failed")
    (lost,) = registrar.time_out()
    assert isinstance(lost, LineLost)
    assert "certificate verify failed" in lost.detail


@pytest.mark.parametrize("show", [repr, str, lambda thing: repr(thing._credentials)])
def test_the_password_is_shown_nowhere(registrar: Registrar, show: Callable[[object], str]) -> None:
    assert SECRET not in show(registrar.registration)
    assert SECRET not in repr(registrar.settings)
