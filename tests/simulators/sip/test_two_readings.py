"""Two readings of the RFCs against each other: the driver registers at the simulated exchange.

The log that the real recorder writes is compared with the exchange's own record, call by call: who, what became of it,
how many seconds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from statistics import median

import pytest
from dutyphone_drivers.sip_account.phone import SipPhone
from dutyphone_drivers.sip_account.plugin import plugin
from dutyphone_simulators.sip.bodies import BodyForm
from dutyphone_simulators.sip.certificate import write_certificate
from dutyphone_simulators.sip.digest import Digest
from dutyphone_simulators.sip.exchange import SimulatedExchange
from dutyphone_simulators.sip.identity import Caller, IdentityForm, global_number
from dutyphone_simulators.sip.messages import Style
from dutyphone_simulators.sip.records import CallRecord, HungUpBy, Outcome
from dutyphone_simulators.sip.settings import CallScript, FarEnd, Manner, WatchForm
from dutyphone_simulators.sip.testkit import simulated_exchange
from support.recording import Recording

from dutyphone.calls.outcome import Outcome as LogOutcome
from dutyphone.lines.events import Direction
from dutyphone.lines.requests import Answer, Dial, HangUp, LineRequest, Redirect
from dutyphone.store.readmodels import CallRow, CallState

CLOSE_S, LATE_S = 0.05, 2.0
"""How far seconds may be apart: as a rule, and once in a while on a machine that has other things to do."""


class Listening(Recording):
    """The whole recorder with one account."""

    def __init__(self, folder: Path, options: Mapping[str, object]) -> None:
        super().__init__(folder)
        self.driver_name = "sip_account"
        self.lines["desk"] = lambda: self._open(options)

    def ask(self, request: LineRequest) -> None:
        """Ask the line as the recorder does."""
        self._phone.carry_out(request)

    def _open(self, options: Mapping[str, object]) -> SipPhone:
        driver = plugin.open_line("desk", options)
        assert isinstance(driver, SipPhone)
        self._phone = driver
        return driver


Desk = Callable[..., tuple[SimulatedExchange, Listening]]


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """An exchange, and the whole recorder with one account of it."""
    opened: list[Listening] = []

    def build(*, line: dict[str, object] | None = None, **settings: object) -> tuple[SimulatedExchange, Listening]:
        transports = settings.pop("transports", ("udp",))
        certificate, key = write_certificate(tmp_path)
        context = simulated_exchange(
            transports=transports,  # type: ignore[arg-type]
            certificate=certificate,
            key=key,
            **settings,
        )
        exchange = context.__enter__()
        password = tmp_path / "password"
        password.write_text("duty-1001", "utf-8")
        password.chmod(0o600)
        options = {
            "server": exchange.server,
            "account": "1001",
            "password_file": str(password),
            "ping_s": 1,
            **(line or {}),
        }
        recording = Listening(tmp_path, options)
        opened.append(recording)
        recording.start()
        assert exchange.wait_registered()
        closers.append(lambda: context.__exit__(None, None, None))
        return exchange, recording

    closers: list[Callable[[], object]] = []
    yield build
    for recording in opened:
        recording.close()
    for close in closers:
        close()


CALLS = [
    CallScript(caller=Caller(number="01055501201", name="张三 值班"), gives_up_s=0.15),
    CallScript(caller=Caller(number="01055501202", name='O\'Brien, "Duty" <desk>'), desk_answers_s=0.1, talk_s=0.2),
    CallScript(caller=Caller(number="01055501203", name="李四", form=IdentityForm.GBK), gives_up_s=0.06),
    CallScript(caller=Caller(number="01055501204", form=IdentityForm.TEL), gives_up_s=0.06),
    CallScript(caller=Caller(number="01055501205", form=IdentityForm.USER_PHONE), desk_answers_s=0.06, talk_s=0.06),
    CallScript(caller=Caller(number="01055501206", name="王五", form=IdentityForm.ASSERTED), gives_up_s=0.06),
    CallScript(caller=Caller(number="01055501207", form=IdentityForm.REMOTE_PARTY), gives_up_s=0.06),
    CallScript(caller=Caller(number="01055501208", form=IdentityForm.BARE), gives_up_s=0.06),
    CallScript(caller=Caller(number="01055501209", diverted_from="01055501230"), gives_up_s=0.06),
    CallScript(caller=Caller(number="01055501210"), style=Style(compact=True, folded=True), gives_up_s=0.06),
    CallScript(caller=Caller(number="01055501211"), body=BodyForm.NONE, gives_up_s=0.06),
    CallScript(caller=Caller(number="01055501212"), body=BodyForm.MULTIPART, desk_answers_s=0.06, talk_s=0.06),
    CallScript(caller=Caller(number="01055501213"), body=BodyForm.SRTP, gives_up_s=0.06),
    CallScript(caller=Caller(number="01055501214"), merged=True, gives_up_s=0.06),
    CallScript(caller=Caller(form=IdentityForm.ANONYMOUS), gives_up_s=0.06),
    CallScript(caller=Caller(form=IdentityForm.UNAVAILABLE), gives_up_s=0.06),
]


def play(exchange: SimulatedExchange, recording: Listening) -> list[CallRecord]:
    """All of `CALLS`, one after the other, each once the log is done with the one before."""
    for script in CALLS:
        record = exchange.call(script=script)
        assert exchange.wait_over(record)
        recording.wait_for(lambda: all(row.state is CallState.ENDED for row in recording.rows()))
    recording.wait_for_ended(len(CALLS))
    return exchange.records


def compare(record: CallRecord, row: CallRow, *, watched: bool) -> dict[str, float]:
    """Raise AssertionError where the two differ; by how many seconds they do."""
    assert row.direction is Direction.INCOMING
    if record.withheld:
        assert (row.number_raw, row.identified, row.absence is not None) == (None, True, True)
    else:
        assert row.number_raw in (record.caller, global_number(record.caller))
    if row.name is not None:
        assert row.name == record.caller_name
    answered = record.outcome is Outcome.ANSWERED
    assert row.outcome is (LogOutcome.ANSWERED if answered else LogOutcome.MISSED)
    apart = {
        "arrival": (row.arrived_at - record.started_at.utc).total_seconds(),
        "ringing": row.ring_s - record.ring_s,
    }
    if answered and watched:
        assert row.talk_s is not None
        apart["talk"] = row.talk_s - record.talk_s
    return apart


@pytest.mark.parametrize("watch", [None, *WatchForm])
@pytest.mark.parametrize("manner", list(Manner))
def test_the_log_is_the_exchanges_record_call_by_call(desk: Desk, manner: Manner, watch: WatchForm | None) -> None:
    watched = watch is not None
    exchange, recording = desk(manner=manner, watch=watch or WatchForm.PARTIAL, line={"watch": watched})
    if watched:
        assert exchange.wait_for(lambda: exchange.watchers() == 1)
    records = play(exchange, recording)
    rows = recording.rows()
    assert len(rows) == len(records)
    apart = [compare(record, row, watched=watched) for record, row in zip(records, rows, strict=True)]
    for what in {"arrival", "ringing", *(["talk"] if watched else [])}:
        seconds = [abs(one[what]) for one in apart if what in one]
        assert median(seconds) < CLOSE_S, (what, seconds)
        assert max(seconds) < LATE_S, (what, seconds)
    assert exchange.complaints == []


@pytest.mark.parametrize(
    "reason",
    [
        'Q.850;cause=16;text="Normal call clearing"',
        'SIP;cause=487;text="ORIGINATOR_CANCEL"',
        "Q.850;cause=19",
        "SIP;cause=408",
        "Q.850;cause=127",
    ],
)
def test_other_reasons_than_that_somebody_answered_are_a_missed_call(desk: Desk, reason: str) -> None:
    exchange, recording = desk(given_up_reason=reason)
    exchange.call(number="01055501234", gives_up_s=0.1)
    recording.wait_for_ended(1)
    assert [row.outcome for row in recording.rows()] == [LogOutcome.MISSED]


@pytest.mark.parametrize("transport", ["udp", "tcp", "tls"])
def test_every_transport(desk: Desk, tmp_path: Path, transport: str) -> None:
    line: dict[str, object] = {"transport": transport}
    if transport == "tls":
        line["tls_ca_file"] = str(tmp_path / "exchange.pem")
    exchange, recording = desk(transports=(transport,), line=line)
    record = exchange.call(number="01055501234", desk_answers_s=0.1, talk_s=0.1)
    recording.wait_for_ended(1)
    (row,) = recording.rows()
    assert (row.number_raw, row.outcome) == (record.caller, LogOutcome.ANSWERED)
    assert exchange.complaints == []


@pytest.mark.parametrize(
    "digest",
    [
        Digest(algorithms=("SHA-256", "MD5")),
        Digest(qop=()),
        Digest(qop=("auth", "auth-int"), opaque="kept"),
        Digest(nonce_uses=1),
    ],
    ids=["sha-256", "no qop", "integrity", "one use"],
)
def test_every_digest(desk: Desk, digest: Digest) -> None:
    exchange, recording = desk(digest=digest, most_expires_s=10, line={"watch": True})
    assert exchange.wait_for(lambda: exchange.watchers() == 1)
    exchange.call(number="01055501234", gives_up_s=0.1)
    recording.wait_for_ended(1)
    assert exchange.complaints == []


def test_the_desk_phones_own_calls_are_in_the_log_of_who_watches(desk: Desk) -> None:
    exchange, recording = desk(line={"watch": True}, far_ends={"02155501301": FarEnd(rings_s=0.15)})
    assert exchange.wait_for(lambda: exchange.watchers() == 1)
    record = exchange.desk_calls("02155501301", talk_s=0.3)
    recording.wait_for_ended(1)
    (row,) = recording.rows()
    assert (row.direction, row.digits) == (Direction.OUTGOING, "02155501301")
    assert row.talk_s == pytest.approx(record.talk_s, abs=5 * CLOSE_S)


def test_a_scanner_and_strangers_leave_no_call(desk: Desk) -> None:
    exchange, recording = desk()
    where = exchange.bindings()[0].channel.remote
    exchange.scan(where)  # from the machine of the exchange, from another port
    exchange.scan(where, own_address=True, users=("100", "1000", "2001"))
    exchange.stranger_calls(where)
    exchange.call(number="01055501234", gives_up_s=0.1)
    recording.wait_for_ended(1)
    assert [row.number_raw for row in recording.rows()] == ["01055501234"]


@pytest.mark.parametrize("manner", list(Manner))
def test_an_exchange_that_asks_for_the_account_and_not_for_the_contact(desk: Desk, manner: Manner) -> None:
    exchange, recording = desk(manner=manner, asks_for_account=True)
    exchange.call(number="01055501234", gives_up_s=0.1)
    recording.wait_for_ended(1)
    assert [row.number_raw for row in recording.rows()] == ["01055501234"]
    assert exchange.complaints == []


@pytest.mark.parametrize("seed", range(2))
def test_bad_weather_loses_no_call(desk: Desk, seed: int) -> None:
    exchange, recording = desk(seed=seed)
    exchange.weather(loss=0.15, duplicate=0.2, reorder=0.2, jitter_s=0.01)
    records = [exchange.call(number=f"010555012{place:02d}", gives_up_s=0.8) for place in range(20)]
    recording.wait_for_ended(20)
    assert sorted(row.number_raw or "" for row in recording.rows()) == [record.caller for record in records]


class TestWhatTheOfficerAsksFor:
    """Requests of the console, carried out by the driver, as the exchange saw them."""

    def test_a_forwarding_that_is_dialled_really_forwards(self, desk: Desk) -> None:
        """S1-32: `*57*` number `#` before a meal, `#57#` after it."""
        mobile = FarEnd(rings_s=0.05, talk_s=0.05)
        exchange, recording = desk(announcement_s=0.1, far_ends={"013900000000": mobile})
        recording.ask(Dial(request="1", number="*57*013900000000#"))
        assert exchange.wait_for(lambda: exchange.forwarding() == {"57": "013900000000"})
        assert exchange.wait_for(lambda: exchange.records[0].over)
        record = exchange.call(number="01055501234")
        assert exchange.wait_over(record)
        assert record.answered_by == "013900000000"
        recording.ask(Dial(request="2", number="#57#"))
        assert exchange.wait_for(lambda: exchange.forwarding() == {})
        recording.wait_for_ended(2)
        assert [row.digits for row in recording.rows()] == ["*57*013900000000#", "#57#"]
        assert exchange.complaints == []

    @pytest.mark.parametrize("status", [486, 603, 404])
    def test_a_number_that_does_not_answer(self, desk: Desk, status: int) -> None:
        exchange, recording = desk(far_ends={"02155501301": FarEnd(rings_s=0.05, status=status)})
        recording.ask(Dial(request="1", number="02155501301"))
        recording.wait_for_ended(1)
        assert [record.status for record in exchange.records] == [status]
        assert exchange.complaints == []

    def test_a_call_that_is_answered_here_and_hung_up_here(self, desk: Desk) -> None:
        exchange, recording = desk()
        record = exchange.call(number="01055501234")
        recording.ask(Answer(request="1", call_ref=ringing(exchange)))
        assert exchange.wait_for(lambda: record.answered_by == "1001")
        recording.ask(HangUp(request="2", call_ref=record.legs[0].call_id))
        assert exchange.wait_over(record)
        assert record.hung_up_by is HungUpBy.CALLED
        recording.wait_for_ended(1)
        (row,) = recording.rows()
        assert row.talk_s == pytest.approx(record.talk_s, abs=5 * CLOSE_S)
        assert exchange.complaints == []

    def test_a_call_that_is_sent_on_to_the_duty_mobile(self, desk: Desk) -> None:
        mobile = FarEnd(rings_s=0.05, talk_s=0.05)
        exchange, recording = desk(far_ends={"013900000000": mobile}, line={"redirect_targets": ["013900000000"]})
        record = exchange.call(number="01055501234")
        recording.ask(Redirect(request="1", call_ref=ringing(exchange), target="013900000000"))
        assert exchange.wait_over(record)
        assert (record.forwarded_to, record.answered_by) == ("013900000000", "013900000000")
        assert record.legs[0].status == 302


def ringing(exchange: SimulatedExchange) -> str:
    """The Call-ID of the call that rings here."""
    legs = exchange.records[-1].legs
    assert exchange.wait_for(lambda: exchange.records[-1].legs[0].rang_at is not None)
    return legs[0].call_id


@pytest.mark.parametrize("shut", [False, True], ids=["deaf", "switched off"])
@pytest.mark.parametrize("transport", ["udp", "tcp"])
def test_an_exchange_that_was_restarted_has_the_account_again_within_five_seconds(
    desk: Desk, transport: str, shut: bool
) -> None:
    """P11, with a ping a second."""
    exchange, recording = desk(transports=(transport,), line={"transport": transport})
    exchange.outage(1.5, restart=True, shut=shut)
    assert not exchange.bindings()
    assert exchange.wait_for(lambda: bool(exchange.bindings()), 1.5 + 5.0)
    exchange.call(number="01055501234", gives_up_s=0.1)
    recording.wait_for_ended(1)
    assert [row.number_raw for row in recording.rows()] == ["01055501234"]
    assert exchange.complaints == []
