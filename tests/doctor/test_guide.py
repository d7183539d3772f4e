"""The installation check, with a scripted person and simulated modems: what is said is what the modem really does."""

from __future__ import annotations

import tomllib
from collections.abc import Callable

import pytest
from dutyphone_drivers.serial_modem.core import ModemCore
from dutyphone_drivers.serial_modem.dialogue import Plan
from dutyphone_drivers.serial_modem.profiles import GENERIC, candidates, profiles
from dutyphone_simulators.testkit import play
from support.examined import Desk

from dutyphone.bootstrap.doctor import GuidedResult, guided_check, write_options
from dutyphone.doctor.finding import Status
from dutyphone.errors import LineGone, RecorderAlreadyRunning
from dutyphone.lines.events import CallerIdHeard
from dutyphone.lines.transcript import parse_transcript
from dutyphone.store.store import Store

SPEED = 40
"""Times life. An answer may take 3 s of the line's time: 75 ms on a machine that has other things to do."""
NUMBER = "01055501234"
ONE_CALL = f'@ +25\n* call from={NUMBER} name="市应急管理局值班室" rings=3 answered=true talk=5\n@ +3600\n'
TWO_CALLS = ONE_CALL.replace("@ +3600", "@ +30") + ONE_CALL
CALL_AND_KEYS = ONE_CALL.replace("@ +3600", "@ +35\n* lift\n@ +2\n* dial digits=12345\n@ +8\n* hang_up\n@ +3600")


class Officer:
    """Says yes or no to everything, and remembers what was said."""

    def __init__(self, *, agrees: bool = True) -> None:
        self._agrees = agrees
        self.heard: list[str] = []
        self.asked: list[str] = []

    def tell(self, sentence: str) -> None:
        self.heard.append(sentence)

    def agrees(self, question: str) -> bool:
        self.asked.append(question)
        return self._agrees


Check = Callable[..., tuple[GuidedResult, Officer]]


@pytest.fixture
def check(desk: Desk) -> Check:
    """Goes through the check of the line of a modem, with a scenario."""

    def go(
        personality: str, scenario: str = ONE_CALL, *, agrees: bool = True, mask: bool = False, options: str = ""
    ) -> tuple[GuidedResult, Officer]:
        desk.configure(desk.simulated(scenario, personality=personality, speed=SPEED, options=options))
        officer = Officer(agrees=agrees)
        return guided_check(desk.config, "desk", officer, mask=mask), officer

    return go


def statuses(result: GuidedResult) -> dict[str, Status]:
    return {answer.check: answer.finding.status for answer in result.answers}


def sentences(result: GuidedResult) -> dict[str, str]:
    return {answer.check: answer.finding.sentence for answer in result.answers}


def test_a_line_that_tells_everything_a_chip_can(check: Check) -> None:
    result, officer = check("conexant-cx81801")
    assert "  ring 1" in officer.heard
    assert f"  caller ID: {NUMBER} 市应急管理局值班室" in officer.heard
    assert "  the handset was lifted" in officer.heard
    assert "  the handset was put back" in officer.heard
    assert [statuses(result)[power] for power in ("ring", "caller_id", "handset")] == [Status.OK] * 3
    assert result.options == {"profile": "conexant", "idle_class": 8, "hook_proved": True}
    assert officer.asked == [], "nobody is asked what was heard anyway"


@pytest.mark.parametrize("personality", ["usr-5637", "rockwell-rc336", "agere-mt9234", "si2457"])
def test_a_line_that_cannot_tell_answered_from_missed_says_so(check: Check, personality: str) -> None:
    """S1-32 and the three-valued outcome: nothing is promised that this line does not show."""
    result, officer = check(personality)
    assert statuses(result)["caller_id"] is Status.OK
    assert statuses(result)["handset"] is Status.WARNING
    assert "cannot tell answered from missed" in sentences(result)["handset"]
    assert "Whozz Calling" in next(a.finding.advice for a in result.answers if a.check == "handset")
    assert "hook_proved" not in result.options
    assert "idle_class" not in result.options
    assert "  it no longer rings; nothing was seen of the handset" in officer.heard


def test_a_modem_that_says_ok_and_shows_no_caller_id(check: Check) -> None:
    """Only a number that comes proves caller ID; a second call, in the ordinary state, makes sure."""
    result, officer = check("conexant-hsfi-silent", TWO_CALLS)
    assert statuses(result)["caller_id"] is Status.FAULT
    assert any("Once more" in sentence for sentence in officer.heard)
    assert len(result.transcripts) == 2
    assert result.options["hook_proved"] is True, "class 8 costs no caller ID that class 0 would have"
    assert statuses(result)["handset"] is Status.OK


def test_caller_id_that_is_lost_in_class_8_matters_more_than_the_handset(check: Check) -> None:
    scenario = TWO_CALLS.replace(f"from={NUMBER}", f"cid=none from={NUMBER}", 1)
    result, _officer = check("conexant-cx81801", scenario)
    assert statuses(result)["caller_id"] is Status.OK
    assert statuses(result)["handset"] is Status.WARNING
    assert "who calls matters more" in sentences(result)["handset"]
    assert result.options == {"profile": "conexant"}


def test_a_proved_line_that_lost_its_proof_is_set_back(check: Check) -> None:
    proved = 'profile = "conexant"\nidle_class = 8\nhook_proved = true\n'
    result, _officer = check(
        "conexant-cx81801", ONE_CALL.replace("answered=true", "answered=true hook=false"), options=proved
    )
    assert result.options == {"idle_class": 0, "hook_proved": False}


def test_keys_are_asked_for_where_they_may_be_heard(check: Check) -> None:
    result, officer = check("zyxel-u1496", CALL_AND_KEYS)
    assert any("press 1 2 3 4 5" in sentence for sentence in officer.heard)
    assert statuses(result)["handset"] is Status.WARNING


def test_nobody_rang(check: Check) -> None:
    result, officer = check("conexant-cx81801", "@ +3600\n", agrees=False)
    assert len(officer.asked) == 1
    assert statuses(result)["ring"] is Status.UNKNOWN
    assert statuses(result)["caller_id"] is Status.UNKNOWN
    assert result.options == {}, "nothing is written that was not tried"


def test_it_rang_and_the_modem_heard_nothing(check: Check) -> None:
    result, _officer = check("usr-5637", "* deaf to=line\n" + ONE_CALL)
    assert statuses(result)["ring"] is Status.FAULT
    assert statuses(result)["caller_id"] is Status.FAULT


def test_the_cable_is_pulled_meanwhile_and_what_was_heard_is_kept(check: Check, desk: Desk) -> None:
    with pytest.raises(LineGone):
        check(
            "conexant-cx81801",
            "@ +25\n* call from=01055501234 rings=2 answered=true talk=30\n@ +8\n* unplug\n@ +3600\n",
        )
    (path,) = (desk.folder / "data" / "doctor").iterdir()
    assert "! RingHeard" in path.read_text(encoding="utf-8")


def test_the_recorders_line_is_not_taken_from_it(check: Check, desk: Desk) -> None:
    url = f"sqlite:///{desk.database}"
    with Store.open(url, key_folder=desk.folder / "data") as store, store.lease():
        with pytest.raises(RecorderAlreadyRunning) as running:
            check("conexant-cx81801")
        assert "dutyphone stop" in running.value.advice


def test_no_recorder_can_start_meanwhile(desk: Desk) -> None:
    Store.open(f"sqlite:///{desk.database}", key_folder=desk.folder / "data").close()
    desk.configure(desk.simulated(ONE_CALL, speed=SPEED))
    refused = []

    class Impatient(Officer):
        def tell(self, sentence: str) -> None:
            if "the handset was lifted" in sentence:
                with Store.open(f"sqlite:///{desk.database}", key_folder=desk.folder / "data") as store:
                    try:
                        store.lease().release()
                    except RecorderAlreadyRunning as running:
                        refused.append(running)

    guided_check(desk.config, "desk", Impatient(), mask=False)
    assert len(refused) == 1


# --- what it leaves ----------------------------------------------------------------------------------------------


def core_for(headings: dict[str, str]) -> ModemCore:
    plan = Plan(
        generic=profiles()[GENERIC],
        profile=profiles()[headings["profile"]],
        candidates=candidates(),
        class8=headings.get("idle_class") == "8",
    )
    return ModemCore(line="desk", port="made-up", plan=plan)


@pytest.mark.parametrize("mask", [False, True])
@pytest.mark.parametrize("personality", ["conexant-cx81801", "usr-5637"])
def test_the_transcript_is_a_regression_test_as_it_is(check: Check, personality: str, mask: bool) -> None:
    """A user's odd modem becomes our test: the file plays against the core and every event follows."""
    result, _officer = check(personality, mask=mask)
    (path,) = result.transcripts
    assert path.parent.stat().st_mode & 0o077 == 0, "numbers are for their owner only"
    text = path.read_text(encoding="utf-8")
    assert mask is not (NUMBER in text or NUMBER.encode().hex() in text.lower()), "X18"
    assert "# asked AT+VLS=?" in text
    assert "! CallerIdHeard" in text
    transcript = parse_transcript(text, source=path.name)
    played = play(core_for({**transcript.headings}), transcript)
    (heard,) = (event for event in played.events if isinstance(event, CallerIdHeard))
    assert heard.intact is not False, "the checksum still fits"
    assert heard.number is not None
    assert (heard.number == NUMBER) is not mask
    assert len(heard.number) == len(NUMBER)


def test_the_options_are_written_and_the_old_file_kept(check: Check, desk: Desk) -> None:
    result, _officer = check(
        "conexant-cx81801", options='# the lady at the desk likes it\nprofile = "auto" # for now\n'
    )
    before = desk.config.read_text(encoding="utf-8")
    desk.config.chmod(0o640)
    assert write_options(desk.config, "desk", dict(result.options)) == desk.config
    after = desk.config.read_text(encoding="utf-8")
    line = tomllib.loads(after)["lines"]["desk"]
    assert (line["profile"], line["idle_class"], line["hook_proved"]) == ("conexant", 8, True)
    assert "# the lady at the desk likes it" in after
    assert "# for now" in after
    assert desk.config.with_name("config.toml.bak").read_text(encoding="utf-8") == before
    assert desk.config.stat().st_mode & 0o777 == 0o640
    assert guided_check_again_wants_nothing(desk)


def guided_check_again_wants_nothing(desk: Desk) -> bool:
    from dutyphone_simulators.urls.protocol_sim import reset_lines

    reset_lines()
    return guided_check(desk.config, "desk", Officer(), mask=False).options == {}


def test_a_file_of_another_shape_is_left_alone(desk: Desk) -> None:
    text = 'lines.desk = { driver = "serial_modem", port = "/dev/ttyACM0" }\n'
    desk.config.write_text(text, encoding="utf-8")
    assert write_options(desk.config, "desk", {"idle_class": 8}) is None
    assert desk.config.read_text(encoding="utf-8") == text
    assert not desk.config.with_name("config.toml.bak").exists()
