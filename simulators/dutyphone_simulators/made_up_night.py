"""One made-up night as facts: what a journal holds at 22:41, with a call ringing. For pictures and tests.

Everything in it is invented; the numbers belong to nobody.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from dutyphone.journal.facts import (
    CallAnswered,
    CallArrived,
    CallEnded,
    CallIdentified,
    CallNoted,
    CallRang,
    CallSettled,
    Fact,
    LineCameBack,
    LineWentDown,
    NumberKind,
    Outcome,
    RecorderStarted,
    Settlement,
)
from dutyphone.lines.events import Evidence, LossReason, NumberAbsence

ZONE = ZoneInfo("Asia/Shanghai")

RINGING_SINCE = datetime(2026, 2, 16, 22, 41, 2, tzinfo=ZONE)
"""When the last call of the night arrived."""

RING_CYCLE_S = 5.0
"""One second of ringing and four of silence (YD/T 965)."""

LINES = (("desk", "值班电话", "Duty line"), ("hotline", "防汛热线", "Flood line"), ("fax", "传真专线", "Fax line"))
"""Key, Chinese and English title."""

CHINESE, ENGLISH = 1, 2


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeUpCall:
    """One call as it is told. `clock` is local; times before 8:00 belong to the next date."""

    clock: str
    number: str | None
    kind: NumberKind | None = None
    names: tuple[str, str] | None = None
    absence: NumberAbsence | None = None
    rings: int = 3
    outcome: Outcome = Outcome.ANSWERED
    evidence: Evidence = Evidence.EXTENSION_HOOK
    talk_s: float | None = None
    settlement: Settlement | None = None
    notes: tuple[str, str] | None = None
    line: str = "desk"
    days_ago: int = 0


FIXED, MOBILE, SERVICE = NumberKind.FIXED, NumberKind.MOBILE, NumberKind.SERVICE
EMERGENCY = ("市应急管理局值班室", "City Emergency Bureau, duty room")
WATER = ("市水务局值班室", "Water Bureau, duty room")
GATE = ("东门门卫室", "East gate")

CALLS = (
    MadeUpCall(clock="21:18", number="+861055501234", kind=FIXED, names=EMERGENCY, talk_s=95, days_ago=6),
    MadeUpCall(
        clock="22:31",
        number="+861055501234",
        kind=FIXED,
        names=EMERGENCY,
        talk_s=143,
        days_ago=1,
        notes=("要求23时前上报在岗人数", "Wants the number of staff on duty by 23:00"),
    ),
    MadeUpCall(
        clock="03:10",
        number="+861055501234",
        kind=FIXED,
        names=EMERGENCY,
        rings=6,
        outcome=Outcome.MISSED,
        evidence=Evidence.NO_HOOK_SEEN,
        settlement=Settlement.CALLED_BACK,
        days_ago=1,
    ),
    MadeUpCall(clock="08:12", number="+861055504471", kind=FIXED, names=WATER, rings=2, talk_s=61, line="hotline"),
    MadeUpCall(
        clock="09:47",
        number="+8613900002218",
        kind=MOBILE,
        rings=7,
        outcome=Outcome.UNKNOWN,
        evidence=Evidence.RINGING_STOPPED,
        settlement=Settlement.ANSWERED,
        notes=("家长问开学报到时间，已答复", "Parent asked when term starts; answered"),
    ),
    MadeUpCall(clock="11:05", number="12345", kind=SERVICE, names=("政务服务热线", "Citizens' hotline"), talk_s=212),
    MadeUpCall(
        clock="14:33",
        number=None,
        absence=NumberAbsence.PRIVATE,
        rings=1,
        outcome=Outcome.MISSED,
        evidence=Evidence.NO_HOOK_SEEN,
        settlement=Settlement.NO_CALLBACK,
    ),
    MadeUpCall(clock="16:20", number="+862155507702", kind=FIXED, talk_s=318, line="hotline"),
    MadeUpCall(clock="17:52", number="8012", kind=NumberKind.INTERNAL, names=GATE, rings=1, talk_s=24),
    MadeUpCall(
        clock="18:40",
        number="+8613900005096",
        kind=MOBILE,
        rings=8,
        outcome=Outcome.MISSED,
        evidence=Evidence.NO_HOOK_SEEN,
    ),
    MadeUpCall(
        clock="19:26",
        number="+861055509910",
        kind=FIXED,
        names=("总务处维修班", "Maintenance"),
        talk_s=77,
        notes=("3号楼水管已修好", "Water pipe in building 3 repaired"),
    ),
    MadeUpCall(
        clock="20:55",
        number="+8613900007341",
        kind=MOBILE,
        rings=4,
        outcome=Outcome.UNKNOWN,
        evidence=Evidence.RINGING_STOPPED,
        line="hotline",
    ),
    MadeUpCall(clock="21:37", number="110", kind=SERVICE, names=("公安报警台", "Police"), rings=1, talk_s=186),
    MadeUpCall(
        clock="22:19",
        number="+861055506628",
        kind=FIXED,
        names=("第二宿舍楼值班台", "Dormitory 2, front desk"),
        rings=5,
        outcome=Outcome.UNKNOWN,
        evidence=Evidence.RINGING_STOPPED,
    ),
)

BLIND = ("20:02:10", "20:09:45")
"""When the cable of the hotline was out."""


def made_up_night(language: int = CHINESE, *, rings: int = 3) -> Iterator[Fact]:
    """The facts in the order in which they happened. The last call has rung `rings` times and rings on."""
    days = sorted({call.days_ago for call in CALLS}, reverse=True)
    start = min(_at(call) for call in CALLS) - timedelta(minutes=5)
    yield RecorderStarted(at=start, version="1.0", pid=2107, simulated=True)
    for line, _chinese, _english in LINES:
        yield LineCameBack(at=start, line=line, driver="serial_modem", port=f"sim://{line}", device="USR 5637")
    blind = [_local(clock, 0) for clock in BLIND]
    told = False
    for day in days:
        for call in sorted((call for call in CALLS if call.days_ago == day), key=_at):
            if not told and _at(call) > blind[0]:
                yield LineWentDown(at=blind[0], line="hotline", reason=LossReason.CABLE_UNPLUGGED)
                yield LineCameBack(
                    at=blind[1], line="hotline", driver="serial_modem", port="sim://hotline", device="USR 5637"
                )
                told = True
            yield from _facts(call, language)
    yield from _ringing(language, rings)


def _facts(call: MadeUpCall, language: int) -> Iterator[Fact]:
    at, key = _at(call), f"made-up-{call.days_ago}-{call.clock}"
    yield CallArrived(at=at, call=key, line=call.line, wire=b"RING\r\n")
    yield CallRang(at=at, call=key, ring=1, wire=b"RING\r\n")
    yield _identity(call, key, language, at + timedelta(seconds=1.2))
    for ring in range(2, call.rings + 1):
        yield CallRang(at=at + timedelta(seconds=RING_CYCLE_S * (ring - 1)), call=key, ring=ring, wire=b"RING\r\n")
    ring_s = RING_CYCLE_S * (call.rings - 1) + 1.5
    end = at + timedelta(seconds=ring_s)
    if call.talk_s is not None:
        yield CallAnswered(at=end, call=key, evidence=call.evidence, wire=b"\x10P")
        end += timedelta(seconds=call.talk_s)
    yield CallEnded(
        at=end,
        call=key,
        outcome=call.outcome,
        evidence=call.evidence,
        rings=call.rings,
        ring_s=ring_s,
        talk_s=call.talk_s,
        wire=b"\x10p" if call.talk_s is not None else b"",
    )
    if call.settlement is not None:
        yield CallSettled(at=end + timedelta(seconds=40), call=key, settlement=call.settlement, by="张三")
    if call.notes is not None:
        yield CallNoted(at=end + timedelta(seconds=60), call=key, text=call.notes[language - 1], by="张三")


def _ringing(language: int, rings: int) -> Iterator[Fact]:
    call = MadeUpCall(clock="22:41", number="+861055501234", kind=FIXED, names=EMERGENCY)
    at = RINGING_SINCE.astimezone(UTC)
    key = "made-up-ringing"
    yield CallArrived(at=at, call=key, line="desk", wire=b"RING\r\n")
    for ring in range(1, rings + 1):
        yield CallRang(at=at + timedelta(seconds=RING_CYCLE_S * (ring - 1)), call=key, ring=ring, wire=b"RING\r\n")
        if ring == 1:
            yield _identity(call, key, language, at + timedelta(seconds=1.2))


def _identity(call: MadeUpCall, key: str, language: int, at: datetime) -> CallIdentified:
    name = call.names[language - 1] if call.names is not None else None
    sent = None if call.number is None else call.number.replace("+861055", "01055").replace("+86", "0")
    wire = (
        f"DATE = {at.astimezone(ZONE):%m%d}\r\nTIME = {at.astimezone(ZONE):%H%M}\r\nNMBR = {sent or 'P'}\r\n".encode()
    )
    if name is not None:
        wire += b"NAME = " + name.encode("gb18030") + b"\r\n"
    return CallIdentified(
        at=at,
        call=key,
        wire=wire,
        number_raw=sent,
        number=call.number,
        kind=call.kind,
        absence=call.absence,
        name=name,
        name_bytes=name.encode("gb18030") if name is not None else b"",
        stamped=f"{at.astimezone(ZONE):%m-%d %H:%M}",
    )


def _at(call: MadeUpCall) -> datetime:
    return _local(call.clock, call.days_ago)


def _local(clock: str, days_ago: int) -> datetime:
    hour, minute, *rest = (int(part) for part in clock.split(":"))
    day = date(2026, 2, 16) - timedelta(days=days_ago - (hour < 8))
    second = rest[0] if rest else (hour * 7 + minute * 3) % 60
    return datetime(day.year, day.month, day.day, hour, minute, second, tzinfo=ZONE).astimezone(UTC)
