"""Lines of both kinds on one desk: what a SIP line knows that a modem cannot tell."""

from __future__ import annotations

from datetime import timedelta

import pytest
from dutyphone_simulators.made_up_night import RINGING_SINCE
from rich.cells import cell_len

from dutyphone.journal.facts import (
    CallAnswered,
    CallArrived,
    CallEnded,
    CallIdentified,
    LineCameBack,
    LineTroubled,
    LineWentDown,
    NumberKind,
    Outcome,
    RecorderStarted,
)
from dutyphone.lines.events import CallerIdForm, Evidence, LossReason, Trouble
from dutyphone.store.store import LineDeclaration

BEGAN = RINGING_SINCE - timedelta(hours=2)
ENDS = (
    (Outcome.ANSWERED, Evidence.ANSWERED_ELSEWHERE, 34.0, 200),
    (Outcome.BUSY, Evidence.EXCHANGE, None, 486),
    (Outcome.REJECTED, Evidence.EXCHANGE, None, 603),
    (Outcome.FORWARDED, Evidence.EXCHANGE, None, 302),
    (Outcome.FAILED, Evidence.EXCHANGE, None, 480),
    (Outcome.MISSED, Evidence.EXCHANGE, None, 487),
)


def declare(room) -> None:
    """A modem, an account that is well, one that sees no desk telephone, and one that the server refuses."""
    chinese = room.language == "zh_CN"
    titles = ("值班电话", "网络电话", "分机", "外线") if chinese else ("Modem", "SIP desk", "SIP branch", "SIP trunk")
    room.store.declare_lines(
        [
            LineDeclaration(
                line=name, title=title, driver="sip_account" if port else "serial_modem", port="", obeys=bool(port)
            )
            for name, title, port in zip(
                ("modem", "sip", "branch", "trunk"), titles, ("", "udp", "udp", "udp"), strict=True
            )
        ]
    )
    port, device = "192.0.2.10:5060", "made-up PBX 1.2"
    room.tell(
        RecorderStarted(at=BEGAN, version="0.1.0", pid=1),
        LineCameBack(at=BEGAN, line="modem", driver="serial_modem", port="/dev/ttyACM0", device="USR 5637"),
        *(
            LineCameBack(at=BEGAN, line=name, driver="sip_account", port=port, device=device)
            for name in ("sip", "branch", "trunk")
        ),
        LineTroubled(at=BEGAN, line="branch", trouble=Trouble.DESK_PHONE_UNSEEN),
        LineWentDown(
            at=BEGAN + timedelta(minutes=55), line="trunk", reason=LossReason.NOT_REGISTERED, detail="403 Forbidden"
        ),
    )


def sip_call(room, n: int, *, ended: bool = True) -> None:
    at = BEGAN + timedelta(minutes=10 * n)
    call, (outcome, evidence, talk_s, code) = f"sip-{n}", ENDS[n % len(ENDS)]
    room.tell(
        CallArrived(at=at, call=call, line="sip"),
        CallIdentified(
            at=at,
            call=call,
            number_raw=f"0105550120{n}",
            number=f"+86105550120{n}",
            kind=NumberKind.FIXED,
            name="防汛办" if room.language == "zh_CN" else "Flood office",
            called="1001",
            redirected_from="01055508888" if outcome is Outcome.FORWARDED else None,
            form=CallerIdForm.SIP,
        ),
    )
    if not ended:
        return
    if talk_s is not None:
        room.tell(CallAnswered(at=at + timedelta(seconds=6), call=call, evidence=evidence))
    room.tell(
        CallEnded(
            at=at + timedelta(seconds=6 + (talk_s or 0)),
            call=call,
            outcome=outcome,
            evidence=evidence,
            rings=0,
            ring_s=6.0,
            talk_s=talk_s,
            code=code,
        )
    )


@pytest.fixture
def sip_desk(either_room):
    room = either_room
    declare(room)
    for n in range(len(ENDS)):
        sip_call(room, n)
    room.clock.advance((RINGING_SINCE - room.now).total_seconds())
    room.store.beat(room.now, {"modem": room.now, "sip": room.now, "branch": room.now})
    return room


@pytest.mark.parametrize("size", [(80, 24), (120, 40)], ids=["80x24", "120x40"])
async def test_lines_of_both_kinds_look_as_they_should(sip_desk, size, golden):
    def check(name: str, look) -> None:
        assert [cell_len(line) for line in look.lines] == [size[0]] * size[1], "every row fills the screen exactly"
        golden(f"{name}.{sip_desk.language}.{size[0]}x{size[1]}", look.lines)

    async with sip_desk.console(size) as look:
        check("sip-lines", look)
        await look.press("down", "down", "enter")
        check("sip-detail", look)
        await look.press("escape")
        sip_desk.ring("on the modem", "+8613900001234", line="modem")
        sip_desk.clock.advance(3)
        sip_desk.tell(CallArrived(at=sip_desk.now, call="first", line="sip"))
        sip_desk.ring("second", "+862155501234", line="branch")
        sip_desk.clock.advance(2)
        sip_desk.tell(CallArrived(at=sip_desk.now, call="third", line="sip"))
        await look.caught_up()
        check("sip-ringing", look)


async def test_each_outcome_says_what_the_exchange_said(sip_desk):
    """S1-19: answered elsewhere, busy, refused, sent on, failed, missed: from the exchange, not from silence."""
    chinese = sip_desk.language == "zh_CN"
    words = (
        ["其他话机接听", "遇忙 (486)", "已拒接 (603)", "已转往他处 (302)", "暂时无法接通 (480)", "呼叫已取消 (487)"]
        if chinese
        else ["the exchange said another", "(486)", "(603)", "(302)", "(480)", "(487)"]
    )
    async with sip_desk.console((120, 50)) as look:
        await look.press("end")
        for n, said in enumerate(words):
            await look.says(said)
            assert (("原叫号码" if chinese else "called at first") in look.text) is (n == 3)
            assert "(200)" not in look.text, "what was taken needs no code"
            await look.press("up")


async def test_a_call_that_rings_is_shown_before_a_lasting_trouble(sip_desk):
    """An exchange that never tells of the desk telephone must not hide who calls."""
    async with sip_desk.console((120, 40)) as look:
        branch = "分机" if sip_desk.language == "zh_CN" else "SIP branch"
        trouble = "未获知座机自身的通话" if sip_desk.language == "zh_CN" else "calls of the desk phone not told"
        assert trouble in look.text
        sip_desk.ring("call-1", "+8613900001234", line="branch")
        await look.caught_up()
        row = next(line for line in look.lines if line.startswith(f" {branch}"))
        assert "139 0000 1234" in row
        sip_desk.end("call-1")
        await look.caught_up()
        assert trouble in look.text
