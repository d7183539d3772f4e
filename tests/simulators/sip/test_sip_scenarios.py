"""Scenarios on an exchange: on a manual clock, without a socket, so that a night takes no time."""

from __future__ import annotations

import itertools
import re
from pathlib import Path

import dutyphone_simulators
import pytest
from dutyphone_simulators.clock import ManualClock
from dutyphone_simulators.sip.core import MALFORMED_CALLER, SipExchange
from dutyphone_simulators.sip.identity import IdentityForm
from dutyphone_simulators.sip.messages import Request, Response, read_message, write_message
from dutyphone_simulators.sip.network import Channel, Packet
from dutyphone_simulators.sip.records import DESK_PHONE, Outcome, Way
from dutyphone_simulators.sip.registrar import Binding
from dutyphone_simulators.sip.script import (
    STYLES,
    VERBS,
    SipScenario,
    list_sip_scenarios,
    load_sip_scenario,
)
from dutyphone_simulators.sip.settings import ExchangeSettings

from dutyphone.errors import TranscriptError
from dutyphone.i18n import language, use_language
from dutyphone.lines.transcript import Transcript, World, parse_transcript

NAMES = [info.name for info in list_sip_scenarios()]
PAGE = Path(dutyphone_simulators.__file__).parents[2] / "docs" / "simulated-exchange.md"
MADE_UP = re.compile(r"0(10|21)5550\d{4}|1390000\d{4}|013900000000|[*#]57(\*013900000000)?#|")
DOORS = {"udp": ("127.0.0.1", 5060), "media": ("127.0.0.1", 40_000), "stranger": ("127.0.0.9", 5060)}
HERE = Channel("udp", ("127.0.0.1", 5062))


class Bench:
    """An exchange on a manual clock with a telephone that takes every call to ring and does what a good one does."""

    def __init__(self, *, ringing: bool = True) -> None:
        self.clock = ManualClock()
        self.exchange = SipExchange(ExchangeSettings(), DOORS, self.clock.now())
        self.told: list[str] = []
        self.rung: list[Request] = []
        self.sent: list[Packet] = []
        self.ended = False
        self._ringing = ringing
        self._register()

    def play(self, transcript: Transcript, seconds: float, **options: object) -> None:
        SipScenario(
            self.exchange,
            transcript,
            report=self.told.append,
            ended=self._end,
            **options,  # type: ignore[arg-type]
        ).begin()
        self.run(seconds)

    def run(self, seconds: float) -> None:
        end = self.clock.now().mono + seconds
        self._carry()
        while (due := self.exchange.next_deadline()) is not None and due <= end:
            self.clock.advance(max(0.0, due - self.clock.now().mono))
            self.exchange.on_deadline(self.clock.now())
            self._carry()
        self.clock.advance(max(0.0, end - self.clock.now().mono))

    def _end(self) -> None:
        self.ended = True

    def _register(self) -> None:
        binding = "<sip:1001-token@127.0.0.1:5062>"
        self.exchange.settings = ExchangeSettings(register_challenge=None)
        self._deliver(
            Request(
                method="REGISTER",
                uri="sip:127.0.0.1",
                headers=(
                    ("Via", "SIP/2.0/UDP 127.0.0.1:5062;branch=z9hG4bKreg;rport"),
                    ("Max-Forwards", "70"),
                    ("From", "<sip:1001@127.0.0.1>;tag=r"),
                    ("To", "<sip:1001@127.0.0.1>"),
                    ("Call-ID", "reg"),
                    ("CSeq", "1 REGISTER"),
                    ("Contact", binding),
                    ("Expires", "3600"),
                ),
            )
        )
        self.exchange.take_output()

    def _deliver(self, message: Request | Response) -> None:
        self.exchange.receive(Packet(HERE, write_message(message)), self.clock.now())

    def _carry(self) -> None:
        while packets := self.exchange.take_output():
            for packet in packets:
                self.sent.append(packet)
                if packet.channel == HERE and packet.data.startswith((b"INVITE", b"CANCEL", b"BYE", b"OPTIONS")):
                    self._take(packet.data)

    def _take(self, data: bytes) -> None:
        try:
            request = read_message(data)
        except ValueError:
            return
        assert isinstance(request, Request)
        if request.method == "INVITE" and self._ringing and MALFORMED_CALLER not in request.get("from"):
            self.rung.append(request)
            self._answer(request, 180)
        elif request.method == "CANCEL":
            self._answer(request, 200)
            for invite in [rung for rung in self.rung if rung.call_id == request.call_id]:
                self._answer(invite, 487)

    def _answer(self, request: Request, status: int) -> None:
        to = request.get("to") + ";tag=mine"
        kept = [("Via", via) for via in request.every("via")]
        kept += [(name, request.get(name)) for name in ("from", "call-id", "cseq")]
        headers = (*kept, ("To", to), ("Contact", "<sip:1001-token@127.0.0.1:5062>"))
        self._deliver(Response(status=status, headers=headers))


@pytest.mark.parametrize("name", NAMES)
def test_titles_are_in_the_language_of_the_interface(name: str) -> None:
    before = language()
    try:
        use_language("zh_CN")
        chinese = next(info.title for info in list_sip_scenarios() if info.name == name)
        use_language("en")
        english = next(info.title for info in list_sip_scenarios() if info.name == name)
    finally:
        use_language(before)
    assert english.isascii()
    assert not chinese.isascii()


@pytest.mark.parametrize("name", NAMES)
def test_numbers_are_made_up(name: str) -> None:
    for step in load_sip_scenario(name).steps:
        if isinstance(step, World):
            for key in ("from", "called", "redirected_from", "number"):
                assert MADE_UP.fullmatch(str(step.values.get(key, "")))


def test_the_night_call_by_call() -> None:
    """Twelve calls and more, as the exchange's own record has them; the registered telephone hears all but one."""
    bench = Bench()
    bench.play(load_sip_scenario("sip-night"), 900)
    records = bench.exchange.records
    incoming = [record for record in records if record.way is Way.INCOMING]
    assert [(record.outcome, record.answered_by) for record in incoming[:3]] == [
        (Outcome.ANSWERED, DESK_PHONE),
        (Outcome.GIVEN_UP, ""),
        (Outcome.ANSWERED, DESK_PHONE),
    ]
    assert len(incoming) == 12
    assert all(record.over for record in records)
    assert [record.called for record in records if record.way is Way.OUTGOING] == [
        "01055501201",
        "*57*013900000000#",
        "#57#",
    ]
    (forwarded,) = [record for record in incoming if record.forwarded_to]
    assert (forwarded.forwarded_to, forwarded.outcome) == ("013900000000", Outcome.ANSWERED)
    assert len(bench.rung) == 10  # one was forwarded; one came after the restart, when nobody was registered
    assert incoming[0].talk_s == pytest.approx(22)
    assert incoming[0].ring_s == pytest.approx(6.5)
    assert "\n".join(bench.told).count("* call") == 11
    assert bench.told[-1].startswith("End of the scenario")
    assert not bench.exchange.complaints


def test_every_identity_rings_and_ends() -> None:
    bench = Bench()
    bench.play(load_sip_scenario("every-identity"), 300)
    assert len(bench.rung) == 24
    assert {record.outcome for record in bench.exchange.records} == {Outcome.GIVEN_UP}
    assert not bench.exchange.complaints


def test_a_bad_network_ends_all_the_same() -> None:
    bench = Bench()
    bench.play(load_sip_scenario("bad-network"), 2000)
    assert len(bench.exchange.records) == 12
    assert all(record.over for record in bench.exchange.records)
    assert bench.told[-1].startswith("End of the scenario")


def test_the_modems_night_can_be_played_here_too() -> None:
    bench = Bench()
    bench.play(load_sip_scenario("night-shift"), 1600)
    assert len(bench.exchange.records) > 25
    assert all(record.over for record in bench.exchange.records)
    assert {"12345", "110", ""} <= {record.caller for record in bench.exchange.records}


def test_what_only_a_modem_can_suffer_is_refused_with_its_line() -> None:
    with pytest.raises(TranscriptError, match=r"line \d+: 'split'"):
        load_sip_scenario("bad-night")


def test_people_go_faster_and_the_protocol_does_not() -> None:
    bench = Bench(ringing=False)
    bench.play(parse_transcript("* call from=01055501234 rings=4\n"), 100, speed=10.0)
    (record,) = bench.exchange.records
    assert record.ring_s == pytest.approx(1.9)
    invites = [packet for packet in bench.sent if packet.data.startswith(b"INVITE")]
    assert len(invites) == 7  # sent again until 32 s have passed, whatever the speed (timer A and B)


def test_a_loop_begins_again_with_other_waits_and_the_same_seed_is_the_same_night() -> None:
    transcript = parse_transcript('@ +10\n* call from=["01055501234","01055501235"] rings=1\n')

    def night(seed: int) -> list[tuple[float, str]]:
        bench = Bench()
        bench.play(transcript, 200, loop=True, seed=seed)
        return [(record.started_at.mono, record.caller) for record in bench.exchange.records]

    assert len(night(1)) > 15
    assert night(1) == night(1)
    assert night(1) != night(2)
    times = [at for at, _ in night(1)]
    waits = {round(later - earlier, 3) for earlier, later in itertools.pairwise(times)}
    assert len(waits) > 5
    assert all(7.5 <= wait <= 12.5 for wait in waits)


def test_stop_ends_it() -> None:
    bench = Bench()
    bench.play(parse_transcript("* stop\n* call from=110\n"), 10)
    assert bench.ended
    assert not bench.exchange.records


def test_the_handset_by_hand() -> None:
    bench = Bench()
    bench.play(
        parse_transcript(
            "* call from=01055501234 rings=5\n@ +3\n* lift\n@ +7\n* hang_up\n"
            "@ +1\n* dial digits=110\n@ +20\n* hang_up\n"
        ),
        60,
    )
    first, second = bench.exchange.records
    assert (first.answered_by, first.talk_s) == (DESK_PHONE, pytest.approx(7))
    assert (second.called, second.way) == ("110", Way.OUTGOING)
    assert second.over


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("* sing", "'sing'"),
        ("* call volume=3", "volume"),
        ("* call form=shouted", "one of these"),
        ("* weather loss=2", "a share from 0 to 1"),
        ("* desk_calls talk=3", "number"),
        ("* far_end status=100", "200 to 699"),
        ("* call who=nobody", "not introduced"),
    ],
)
def test_mistakes_are_named(line: str, why: str, tmp_path: Path) -> None:
    file = tmp_path / "mine.txt"
    file.write_text(f"@ +1\n{line}\n", "utf-8")
    with pytest.raises(TranscriptError, match=rf"line 2: .*{why}"):
        load_sip_scenario(file)


def test_a_scenario_that_does_not_exist_is_named_with_those_that_do() -> None:
    with pytest.raises(TranscriptError, match="sipnight") as refused:
        load_sip_scenario("sipnight")
    assert "sip-night" in refused.value.advice


def test_the_page_lists_every_verb_and_parameter() -> None:
    if not PAGE.is_file():
        pytest.skip("installed without its documentation")
    text = PAGE.read_text("utf-8")
    for verb, parameters in VERBS.items():
        assert re.search(rf"^\| [^|]*`{verb}`", text, re.MULTILINE), verb
        for parameter in parameters:
            assert f"{parameter}=" in text, parameter
    for form in IdentityForm:
        assert form.value in text
    for style in STYLES:
        assert style in text


def test_the_same_seed_sends_the_same_bytes() -> None:
    one, other = Bench(), Bench()
    for bench in (one, other):
        bench.play(load_sip_scenario("bad-network"), 2000)
    assert [packet.data for packet in one.sent] == [packet.data for packet in other.sent]


def test_a_binding_knows_its_telephone() -> None:
    bench = Bench()
    (binding,) = bench.exchange.all_bindings()
    assert isinstance(binding, Binding)
    assert binding.channel == HERE
