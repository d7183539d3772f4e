"""What an exchange says of itself and of us, in sentences."""

from __future__ import annotations

from pathlib import Path

import pytest
from dutyphone_drivers.sip_account.plugin import plugin
from dutyphone_simulators.sip.settings import Account, ReasonForm
from dutyphone_simulators.sip.testkit import simulated_exchange
from support.desk_line import PASSWORD

from dutyphone.clock import SystemClock
from dutyphone.doctor import guide
from dutyphone.doctor.listening import Listening
from dutyphone.lines.driver import ExaminingPlugin, LineExaminer
from dutyphone.lines.events import CallOver, CallWithdrawn, LineEvent
from dutyphone.lines.examination import Certainty, Examination, Power


@pytest.fixture
def password(tmp_path: Path) -> str:
    path = tmp_path / "password"
    path.write_text(PASSWORD)
    path.chmod(0o600)
    return str(path)


def examiner(server: str, password: str) -> LineExaminer:
    assert isinstance(plugin, ExaminingPlugin)
    return plugin.examine_line("desk", {"server": server, "account": "1001", "password_file": password})


def sentences(found: Examination | None) -> str:
    assert found is not None
    return " ".join(note.sentence for note in found.notes)


def test_the_dialogue_of_the_registration_is_shown_without_its_secrets(password: str) -> None:
    with simulated_exchange() as exchange:
        found = guide.examine("desk", examiner(exchange.server, password), SystemClock())
        asked = [one.command.split()[0] for one in found.asked]
        assert asked[:2] == ["REGISTER", "REGISTER"]
        assert {"OPTIONS", "SUBSCRIBE"} <= set(asked)
        assert [one.result.split()[0] for one in found.asked[:2]] == ["401", "200"]
        assert PASSWORD not in repr(found)
        assert found.device == "dutyphone simulated exchange"
        said = sentences(found)
        assert "MD5" in said
        assert "Registered for" in said
        assert "watch = true" in said


def test_watching_is_proposed_where_the_exchange_lets_us(password: str) -> None:
    with simulated_exchange() as exchange:
        examining = examiner(exchange.server, password)
        found = guide.examine("desk", examining, SystemClock())
        assert found.claims[Power.HANDSET].certainty is Certainty.CLAIMED
        assert examining.trial_options() == {"watch": True}


def test_an_exchange_that_does_not_let_itself_be_watched_says_so(password: str) -> None:
    with simulated_exchange() as exchange:
        exchange.refuse_next("SUBSCRIBE", 489, times=5)
        examining = examiner(exchange.server, password)
        found = guide.examine("desk", examining, SystemClock())
        assert "489" in sentences(found)
        assert examining.trial_options() == {}


@pytest.mark.parametrize("reason", [ReasonForm.SIP, ReasonForm.NONE])
def test_a_call_shows_codecs_and_whether_the_exchange_says_why(password: str, reason: ReasonForm) -> None:
    with simulated_exchange(elsewhere=reason, accounts=(Account(),)) as exchange:
        examining = examiner(exchange.server, password)
        with Listening("desk", examining, SystemClock()) as listening:
            listening.wait_until_open()
            exchange.call(number="01055501234", desk_answers_s=0.2, talk_s=0.1)
            assert any(isinstance(event, CallWithdrawn | CallOver) for event in until_over(listening))
        said = sentences(examining.examination())
        assert "01055501234" in said
        assert "PCMA" in said
        assert ("cause=200" in said) == (reason is ReasonForm.SIP)
        assert ("does not say why" in said) == (reason is ReasonForm.NONE)


def until_over(listening: Listening) -> list[LineEvent]:
    until = listening.clock.now().mono + 10
    events: list[LineEvent] = []
    while (event := listening.next_event(until)) is not None:
        events.append(event)
        if isinstance(event, CallWithdrawn | CallOver):
            break
    return events
