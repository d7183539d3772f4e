"""The driver at a simulated exchange over real sockets: what the exchange's own records say, the line has told."""

from __future__ import annotations

import wave
from pathlib import Path

import pytest
import trustme
from dutyphone_drivers.sip_account import phone
from dutyphone_drivers.sip_account.wire import Address, Transport
from dutyphone_simulators.sip.exchange import SimulatedExchange
from dutyphone_simulators.sip.settings import FarEnd, Manner, ReasonForm, WatchForm
from dutyphone_simulators.sip.testkit import simulated_exchange
from support.desk_line import PASSWORD, StartLine

from dutyphone.lines.driver import Obeying, Wakeable, WireDirection
from dutyphone.lines.events import (
    CallerIdHeard,
    CallOffered,
    CallOver,
    CallTaken,
    CallWithdrawn,
    DigitsHeard,
    Direction,
    Evidence,
    LineLost,
    LineOpened,
    LossReason,
    RequestAnswered,
    StrangerHeard,
)
from dutyphone.lines.requests import Answer, Dial, HangUp, Redirect, Refuse


def certificates(folder: Path) -> tuple[Path, Path]:
    """A certificate for 127.0.0.1 that vouches for itself, and its key."""
    authority = trustme.CA()
    issued = authority.issue_cert("127.0.0.1")
    certificate, key = folder / "exchange.pem", folder / "exchange.key"
    certificate.write_bytes(b"".join([*(blob.bytes() for blob in issued.cert_chain_pems), authority.cert_pem.bytes()]))
    key.write_bytes(issued.private_key_pem.bytes())
    return certificate, key


def server_of(exchange: SimulatedExchange, transport: str) -> str:
    host, port = exchange.address(transport)
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def test_the_driver_can_be_woken_and_asked(start_line: StartLine) -> None:
    line = start_line("127.0.0.1:9", registered=False)
    assert isinstance(line.phone, Wakeable)
    assert isinstance(line.phone, Obeying)


@pytest.mark.parametrize("transport", ["udp", "tcp"])
@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_a_call_comes_over_every_transport(start_line: StartLine, transport: str, host: str) -> None:
    with simulated_exchange(host=host, transports=[transport]) as exchange:
        line = start_line(server_of(exchange, transport), transport=transport)
        record = exchange.call(number="01055501234", gives_up_s=0.2)
        line.wait_ended()
        assert exchange.wait_over(record)
        assert line.of(CallerIdHeard)[0].number == "01055501234"
        assert line.of(CallWithdrawn)[0].code == 487
        assert exchange.complaints == []


def test_a_call_comes_over_tls(start_line: StartLine, tmp_path: Path) -> None:
    certificate, key = certificates(tmp_path)
    with simulated_exchange(transports=["tls"], certificate=certificate, key=key) as exchange:
        line = start_line(server_of(exchange, "tls"), transport="tls", tls_ca_file=str(certificate))
        exchange.call(number="01055501234", gives_up_s=0.2)
        line.wait_ended()


def test_a_server_that_cannot_prove_who_it_is_gets_no_password(start_line: StartLine, tmp_path: Path) -> None:
    certificate, key = certificates(tmp_path)
    with simulated_exchange(transports=["tls"], certificate=certificate, key=key) as exchange:
        line = start_line(server_of(exchange, "tls"), transport="tls", registered=False)
        lost = line.wait(LineLost)
        assert lost.reason is LossReason.NETWORK
        assert exchange.bindings() == []


def test_the_event_of_a_call_is_there_before_it_rings_at_the_exchange(start_line: StartLine) -> None:
    with simulated_exchange() as exchange:
        line = start_line(exchange)
        record = exchange.call(number="01055501234", gives_up_s=0.3)
        offered = line.wait(CallOffered)
        exchange.wait_over(record)
        (leg,) = exchange.records[0].legs
        assert leg.rang_at is not None
        assert offered.at.mono <= leg.rang_at.mono


@pytest.mark.parametrize("reason", [ReasonForm.SIP, ReasonForm.Q850, ReasonForm.BOTH])
@pytest.mark.parametrize("manner", Manner)
def test_answered_at_the_desk_telephone(start_line: StartLine, reason: ReasonForm, manner: Manner) -> None:
    with simulated_exchange(elsewhere=reason, manner=manner) as exchange:
        line = start_line(exchange)
        exchange.call(number="01055501234", desk_answers_s=0.2, talk_s=0.2)
        line.wait_ended()
        assert line.story() == ["CallOffered", "CallerIdHeard", "CallWithdrawn answered_elsewhere"]


@pytest.mark.parametrize("manner", Manner)
@pytest.mark.parametrize("form", WatchForm)
def test_the_desk_telephones_own_calls_are_followed(start_line: StartLine, manner: Manner, form: WatchForm) -> None:
    with simulated_exchange(manner=manner, watch=form) as exchange:
        line = start_line(exchange, watch=True)
        assert exchange.wait_for(lambda: exchange.watchers() > 0)
        incoming = exchange.call(number="01055501234", desk_answers_s=0.2, talk_s=0.4)
        line.wait_ended(1)
        exchange.wait_over(incoming)
        outgoing = exchange.desk_calls("13900001234", talk_s=0.3)
        line.wait_ended(2)
        exchange.wait_over(outgoing)
        names_nobody = form is WatchForm.EXTENSION
        assert line.story() == [
            "CallOffered",
            "CallerIdHeard",
            "CallTaken answered_elsewhere",
            "CallOver exchange",
            "CallOffered",
            *(
                ["CallTaken extension_hook", "CallOver extension_hook"]
                if names_nobody
                else ["DigitsHeard", "CallTaken exchange", "CallOver exchange"]
            ),
        ]
        assert [event.direction for event in line.of(CallOffered)] == [Direction.INCOMING, Direction.OUTGOING]
        assert [event.digits for event in line.of(DigitsHeard)] == ([] if names_nobody else ["13900001234"])
        for taken, over, record in zip(line.of(CallTaken), line.of(CallOver), exchange.records, strict=True):
            if taken.evidence is Evidence.EXTENSION_HOOK:
                continue  # how long it was in use, and not how long was talked
            assert record.ended_at is not None
            assert record.answered_at is not None
            assert over.at.since(taken.at) == pytest.approx(record.ended_at.since(record.answered_at), abs=0.3)


def test_a_call_answered_here_speaks_until_the_caller_hangs_up(start_line: StartLine, tmp_path: Path) -> None:
    announcement = tmp_path / "announcement.wav"
    with wave.open(str(announcement), "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8000)
        sound.writeframes(b"\x00\x20" * 4000)
    with simulated_exchange() as exchange:
        line = start_line(exchange, announcement=str(announcement))
        record = exchange.call(number="01055501234", talk_s=0.5)
        line.ask(Answer(request="r1", call_ref=line.wait(CallerIdHeard).call_ref))
        assert line.wait(RequestAnswered).done
        line.wait_ended()
        assert exchange.wait_over(record)
        (over,), (taken,) = line.of(CallOver), line.of(CallTaken)
        assert taken.evidence is Evidence.OWN_ANSWER
        assert over.at.since(taken.at) == pytest.approx(0.5, abs=0.2)
        assert exchange.records[0].heard_packets > 10
        assert exchange.complaints == []


def test_a_call_answered_here_is_hung_up_here(start_line: StartLine) -> None:
    with simulated_exchange() as exchange:
        line = start_line(exchange)
        record = exchange.call(number="01055501234")
        ref = line.wait(CallerIdHeard).call_ref
        line.ask(Answer(request="r1", call_ref=ref))
        line.wait(CallTaken)
        line.ask(HangUp(request="r2", call_ref=ref))
        line.wait_ended()
        assert exchange.wait_over(record)
        assert line.story()[2:] == ["CallTaken own_answer", "CallOver exchange"]
        assert exchange.complaints == []


@pytest.mark.parametrize(("everywhere", "code"), [(False, 486), (True, 603)])
def test_a_call_is_refused_only_when_told_to(start_line: StartLine, *, everywhere: bool, code: int) -> None:
    with simulated_exchange() as exchange:
        line = start_line(exchange)
        record = exchange.call(number="01055501234", gives_up_s=3)
        line.ask(Refuse(request="r1", call_ref=line.wait(CallerIdHeard).call_ref, everywhere=everywhere))
        line.wait_ended()
        exchange.wait_over(record)
        assert line.of(CallWithdrawn)[0].code == code
        assert exchange.records[0].legs[0].status == code


def test_a_caller_is_sent_on_to_a_number_on_the_list(start_line: StartLine) -> None:
    with simulated_exchange(far_ends={"13900001234": FarEnd(rings_s=0.1, talk_s=0.2)}) as exchange:
        line = start_line(exchange, redirect_targets=["13900001234"])
        record = exchange.call(number="01055501234")
        ref = line.wait(CallerIdHeard).call_ref
        line.ask(Redirect(request="r0", call_ref=ref, target="13900009999"))
        assert line.wait(RequestAnswered).why == "not_listed"
        line.ask(Redirect(request="r1", call_ref=ref, target="13900001234"))
        line.wait_ended()
        assert exchange.wait_over(record)
        assert line.of(CallWithdrawn)[0].code == 302
        assert exchange.records[0].forwarded_to == "13900001234"


def test_a_number_is_dialled_and_talked_to(start_line: StartLine) -> None:
    with simulated_exchange(far_ends={"02155501234": FarEnd(rings_s=0.1, talk_s=0.3)}) as exchange:
        line = start_line(exchange)
        line.ask(Dial(request="r1", number="02155501234"))
        answered = line.wait(RequestAnswered)
        assert (answered.request, answered.done, answered.code) == ("r1", True, 200)
        line.wait_ended()
        assert line.story() == ["CallOffered", "DigitsHeard", "CallTaken exchange", "CallOver exchange"]
        assert exchange.complaints == []


@pytest.mark.parametrize("status", [486, 603, 404])
def test_a_number_that_does_not_answer_says_why(start_line: StartLine, status: int) -> None:
    with simulated_exchange(far_ends={"02155501234": FarEnd(rings_s=0.1, status=status)}) as exchange:
        line = start_line(exchange)
        line.ask(Dial(request="r1", number="02155501234"))
        answered = line.wait(RequestAnswered)
        assert (answered.done, answered.code) == (False, status)
        assert line.of(CallWithdrawn)[0].code == status


def test_a_service_code_arrives_as_it_was_dialled(start_line: StartLine) -> None:
    """`*` is kept, `#` is escaped, and the calls really go there."""
    with simulated_exchange() as exchange:
        line = start_line(exchange)
        line.ask(Dial(request="r1", number="*57*013900001234#"))
        assert line.wait(RequestAnswered).done
        line.wait_ended()
        assert exchange.wait_for(lambda: "013900001234" in exchange.forwarding().values())
        assert any(b"*57*013900001234%23@" in data for _way, data in kept(line.host.written))


def kept(data: bytes) -> list[tuple[WireDirection, bytes]]:
    return [(WireDirection.TO_DEVICE, part) for part in data.split(b"\r\n")]


def test_nothing_a_password_could_be_guessed_from_is_kept_of_the_wire(start_line: StartLine) -> None:
    with simulated_exchange() as exchange:
        line = start_line(exchange)
        assert b"Authorization" in line.host.written
        assert b'response="***"' in line.host.written
        assert PASSWORD.encode() not in line.host.written


@pytest.mark.parametrize("restart", [False, True], ids=["asleep", "forgets its bindings"])
def test_an_outage_is_a_blind_interval_and_calls_come_again_after_it(start_line: StartLine, *, restart: bool) -> None:
    with simulated_exchange() as exchange:
        line = start_line(exchange, ping_s=1.0)
        exchange.outage(restart=restart)
        lost = line.wait(LineLost)
        assert lost.reason is LossReason.NETWORK
        exchange.recover()
        opened = line.wait(LineOpened, 2)
        assert opened.at.mono > lost.at.mono
        exchange.call(number="01055501234", gives_up_s=0.2)
        line.wait_ended()


def test_an_outage_too_short_to_miss_anything_is_none(start_line: StartLine) -> None:
    with simulated_exchange() as exchange:
        line = start_line(exchange, ping_s=1.0)
        exchange.outage(1.5)
        exchange.wait_for(lambda: False, 3.0)
        assert line.of(LineLost) == []
        exchange.call(number="01055501234", gives_up_s=0.2)
        line.wait_ended()


def test_in_bad_weather_every_call_is_told_once(start_line: StartLine) -> None:
    """X01: packets lost, doubled, late and in the wrong order."""
    with simulated_exchange(seed=7) as exchange:
        line = start_line(exchange)
        exchange.weather(loss=0.2, duplicate=0.2, reorder=0.2, delay_s=0.02)
        records = [exchange.call(number=f"010555012{i:02}", gives_up_s=1.5) for i in range(20)]
        assert all(exchange.wait_over(record, 30) for record in records)
        reached = [record for record in exchange.records if record.legs[0].rang_at is not None]
        assert len(reached) >= 15
        line.wait_ended(len(reached), 40)
        refs = [event.call_ref for event in line.of(CallOffered)]
        assert len(refs) == len(set(refs))
        assert {event.number for event in line.of(CallerIdHeard)} >= {record.caller for record in reached}


def test_an_account_has_three_threads_at_most_however_many_ring(start_line: StartLine) -> None:
    with simulated_exchange() as exchange:
        line = start_line(exchange)
        records = [exchange.call(number=f"0105550{i:04}", gives_up_s=2.0) for i in range(100)]
        line.wait(CallOffered, 100)
        assert len(line.threads) <= 3, line.threads
        assert all(exchange.wait_over(record, 30) for record in records)
        line.wait_ended(100)


def test_stopping_takes_the_binding_back(start_line: StartLine) -> None:
    with simulated_exchange() as exchange:
        line = start_line(exchange)
        assert len(exchange.bindings()) == 1
        line.stop()
        assert exchange.bindings() == []
        assert line.threads == []


def test_three_restarts_leave_one_binding(start_line: StartLine) -> None:
    with simulated_exchange() as exchange:
        for _start in range(3):
            line = start_line(exchange)
            assert line.phone._endpoints is not None
            line.phone._endpoints.send = lambda packet: None  # type: ignore[method-assign]  # the machine is switched off
            line.stop()
        start_line(exchange)
        assert exchange.wait_for(lambda: len(exchange.bindings()) == 1)


def test_a_stranger_makes_no_call(start_line: StartLine) -> None:
    with simulated_exchange(stranger="127.0.0.9") as exchange:
        line = start_line(exchange)
        assert line.phone._endpoints is not None
        ours = (line.phone._endpoints.local.host, line.phone._endpoints.local.port)
        exchange.stranger_calls(ours)
        exchange.scan(ours)
        stranger = line.wait(StrangerHeard)
        assert stranger.source.startswith("127.0.0.9")
        exchange.scan(ours, own_address=True, users=("100", "1002", "admin"))
        exchange.call(number="01055501234", gives_up_s=0.2)
        line.wait_ended()
        assert len(line.of(CallOffered)) == 1


def test_a_wrong_password_is_said_to_people(start_line: StartLine, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong"
    wrong.write_text("not this")
    wrong.chmod(0o600)
    with simulated_exchange() as exchange:
        line = start_line(exchange, registered=False, password_file=str(wrong))
        lost = line.wait(LineLost)
        assert lost.reason is LossReason.NOT_REGISTERED
        assert "403" in lost.detail
        assert line.host.wait_for(lambda host: bool(host.told), 10)
        (told,) = line.host.told
        assert "1001" in told.message
        assert told.advice


@pytest.mark.parametrize("server", ["no-such-exchange.invalid", "pbx.example.invalid:5080"])
def test_a_server_nobody_knows_is_named(start_line: StartLine, server: str) -> None:
    line = start_line(server, registered=False)
    line._thread.join(30)
    assert line.gone is not None
    assert line.gone.reason is LossReason.NETWORK
    assert server.split(":")[0] in line.gone.message
    assert [event.reason for event in line.of(LineLost)] == [LossReason.NETWORK]


def test_a_request_to_a_line_that_is_down_is_refused(start_line: StartLine) -> None:
    line = start_line("127.0.0.1:9", registered=False, password_file="/nowhere")
    line._thread.join(10)
    line.ask(Dial(request="r1", number="110"))
    line.phone._turn_down_requests(line.host)
    assert line.wait(RequestAnswered).why == "line_down"


def test_evidence_of_a_call_answered_here_and_of_one_given_up_is_told_apart(start_line: StartLine) -> None:
    with simulated_exchange() as exchange:
        line = start_line(exchange)
        exchange.call(number="01055501234", gives_up_s=0.2)
        line.wait_ended(1)
        exchange.call(number="01055501235", desk_answers_s=0.2, talk_s=0.1)
        line.wait_ended(2)
        assert [event.evidence for event in line.of(CallWithdrawn)] == [
            Evidence.EXCHANGE,
            Evidence.ANSWERED_ELSEWHERE,
        ]


def test_a_name_with_addresses_of_both_kinds_is_tried_at_both(
    start_line: StartLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`localhost` is such a name on most machines, and most exchanges listen at one of them."""
    with simulated_exchange() as exchange:
        host, port = exchange.address()
        addresses = (Address("::1", port, Transport.UDP), Address(host, port, Transport.UDP))
        monkeypatch.setattr(phone, "find_servers", lambda *_where: addresses)
        line = start_line(exchange)
        exchange.call(number="01055501234", gives_up_s=0.2)
        line.wait_ended()
        assert line.of(LineLost) == []
