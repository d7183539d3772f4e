"""`dutyphone doctor sip` at a real exchange: what it said, in plain words (S3-8)."""

from __future__ import annotations

import json
import subprocess
from typing import Any

import pytest
from support.office import Office
from support.sip_peers.baresip import DeskPhone
from support.sip_peers.kamailio import PASSWORD, Kamailio
from support.sip_peers.peers import Peers
from support.sip_peers.programs import until


def diagnosis(office: Office, *options: str) -> tuple[subprocess.CompletedProcess[str], str]:
    """Run it; what it said, and the transcript it wrote."""
    config = str(office.folder / "dutyphone.toml")
    done = office.call("doctor", "sip", "desk", "--config", config, "--language", "en", *options)
    transcripts = sorted((office.folder / "data" / "doctor").glob("desk-*.txt"))
    return done, transcripts[-1].read_text("utf-8") if transcripts else ""


def test_what_the_exchange_can_is_told_and_nothing_is_left_there(
    office: Office, desk_phone: DeskPhone, kamailio: Kamailio
) -> None:
    done, transcript = diagnosis(office)
    assert done.returncode == 0, done
    assert "kamailio (5" in done.stdout
    assert "REGISTER sip:127.0.0.1  ->  200 OK" in done.stdout
    assert "watch = true" in done.stdout, "it can be watched"
    assert "SUBSCRIBE" in transcript
    (left,) = kamailio.bindings()
    assert left.contact.endswith(f"@{kamailio.places.desk_phone}")


def test_no_secret_is_on_the_screen_or_in_the_transcript(office: Office, kamailio: Kamailio) -> None:
    done, transcript = diagnosis(office)
    sent = next(p for p in kamailio.wire() if p.header("Authorization"))
    proof = sent.header("Authorization").split('response="')[1].split('"')[0]
    for text in (done.stdout, done.stderr, transcript):
        assert PASSWORD not in text
        assert proof not in text
    assert transcript.startswith("#")


def test_a_wrong_password_is_named(office: Office, kamailio: Kamailio) -> None:
    (office.folder / "password").write_text("another-secret", "utf-8")
    done, _transcript = diagnosis(office)
    assert done.returncode == 3
    assert "password" in done.stdout + done.stderr
    assert "Traceback" not in done.stderr


def test_an_exchange_that_is_not_there_is_said_to_be_so(office: Office) -> None:
    done, _transcript = diagnosis(office)
    assert done.returncode == 3
    assert "does not answer" in done.stdout + done.stderr
    assert "Traceback" not in done.stderr


def test_a_program_can_read_it(office: Office, kamailio: Kamailio) -> None:
    done, _transcript = diagnosis(office, "--json")
    answers: Any = json.loads(done.stdout)
    assert answers


@pytest.mark.parametrize("reason", ["", 'Reason: SIP;cause=200;text="Call completed elsewhere"'])
def test_one_call_shows_what_a_call_shows(office: Office, peers: Peers, kamailio: Kamailio, reason: str) -> None:
    config = str(office.folder / "dutyphone.toml")
    doctor = office.start("doctor", "sip", "desk", "--config", config, "--language", "en", "--ring")
    until(lambda: len(kamailio.bindings()) == 1)
    options = {"cancel": reason} if reason else {}
    peers.gives_up(1.0, caller='"Zhang" <sip:01055501234@pbx.example>', **options).finish()
    said, _errors = doctor.communicate("y\ny\ny\n", timeout=30)
    assert doctor.returncode == 0
    assert "01055501234" in said
    assert "PCMA" in said
    assert ("elsewhere" in said) is bool(reason)
