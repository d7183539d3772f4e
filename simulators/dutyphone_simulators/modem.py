"""A simulated modem: the AT interpreter on one side, the pair of wires on the other. Pure.

What a modem of this `Personality` would print for what happens on the line, in class 0 and in voice class 8 (V.253),
and what its commands do to the line.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, IntEnum

from dutyphone.clock import Moment
from dutyphone_simulators.at import Action, ActionKind, AtInterpreter, Result
from dutyphone_simulators.at_settings import RING_COUNT
from dutyphone_simulators.caller_id import CallerId
from dutyphone_simulators.caller_id_print import formatted, hexadecimal, pairs, ring_text, set_lines
from dutyphone_simulators.exchange import IncomingCall, LineState, Phone, Signal, SignalKind, TelephoneLine, Timed
from dutyphone_simulators.personality import Layout, Personality, ShownAs
from dutyphone_simulators.uart import LineEnds, Uart

DLE = b"\x10"
PAUSE_REGISTER, WAIT_REGISTER, AUTO_ANSWER_REGISTER = 8, 7, 0  # V.250 §6.3
DIGIT_S = 0.2
BUSY_IS_TOLD = 3  # ATX3 and ATX4 (V.250 §6.3.7)
FAX_HANDSHAKE_FAILED = 70  # T.32 table 20: unspecified receive phase B error; no page is ever simulated
CADENCE_WORDS = "ABCD"


class Ears(Enum):
    """To what a modem can be deaf."""

    LINE = "line"  # answers commands, hears nothing on the line
    COMPUTER = "computer"  # answers nothing and says nothing
    BOTH = "both"
    CALLER_ID = "caller_id"  # rings are heard, caller ID is not


class Seen(IntEnum):
    """Bits of a V.253 event map, counted from the most significant (V.253 §8.2.5)."""

    DIGIT = 4
    FAX_TONE = 6
    LOCAL_HOOK = 8
    REVERSAL = 14
    RINGBACK_TONE = 18
    BUSY_TONE = 19
    DIAL_TONE = 20
    UNDERRUN = 23
    EXTENSION_HOOK = 24


@dataclass(frozen=True, slots=True)
class _Pending:
    """An answer or a dial that is under way and how it will come out.

    `asked`: a command line waits for it. `if_busy` is how it comes out when the busy tone is heard.
    """

    at: float
    result: Result
    asked: bool
    stays_off_hook: bool = False
    if_busy: Result = Result.NO_CARRIER


class SimulatedModem:
    """One modem on one line of `exchange`. It is powered from the start."""

    def __init__(self, personality: Personality, exchange: TelephoneLine) -> None:
        self.personality = personality
        self.exchange = exchange
        self.powered = True
        self._at = AtInterpreter(personality)
        self._uart = Uart()
        self._deaf: Ears | None = None
        self._pending: _Pending | None = None
        self._last_message: CallerId | None = None
        self._caller: CallerId | None = None  # of the call that rings
        self._held: CallerId | None = None  # heard, to be printed with the next RING

    # --- the wire to the computer --------------------------------------------------------------------------------

    def receive(self, data: bytes, now: Moment) -> Sequence[Timed]:
        """The computer sent `data`. Returns what happened on the line up to now."""
        happened = self.on_deadline(now)
        if self.powered and not self._deaf_to(Ears.COMPUTER):
            self._at.receive(data, now.mono)
            self._carry_out_actions(now.mono)
            self._flush(now.mono)
        return happened

    @property
    def full(self) -> bool:
        """Whether the computer is to wait before it says more."""
        return False

    def take_output(self) -> bytes:
        """What the modem has sent to the computer; taken away."""
        return self._uart.take()

    def next_deadline(self) -> float | None:
        """The `mono` second at which something happens by itself; None if nothing will."""
        pending = self._pending.at if self._pending else None
        times = (self.exchange.next_deadline(), self._uart.next_deadline(), pending)
        return min((at for at in times if at is not None), default=None)

    def on_deadline(self, now: Moment) -> Sequence[Timed]:
        """Let everything happen that was due by now, each at its own time. Returns what happened on the line."""
        happened: list[Timed] = []
        while True:
            line, pending = self.exchange.next_deadline(), self._pending
            if pending is not None and pending.at <= now.mono and (line is None or pending.at <= line):
                self._pending = None
                self._come_out(pending)
            elif line is not None and line <= now.mono:
                for timed in self.exchange.advance(line):
                    happened.append(timed)
                    self._show(timed)
            else:
                break
        self._uart.arrive(now.mono)
        return happened

    def terminal_gone(self, now: Moment) -> None:
        """The computer has closed the port: DTR drops, and with &D2 the modem hangs up."""
        self._uart.clear()
        if self.exchange.seized and self._at.hangs_up_on_dtr:
            self._end_call()
        self._uart.arrive(now.mono)

    # --- what happens to the modem -------------------------------------------------------------------------------

    def power_off(self) -> None:
        """The cable is pulled."""
        self.powered = False
        self._uart.clear()
        self._end_call()
        self._last_message = self._caller = self._held = None

    def power_on(self, *, forget: bool = False) -> None:
        """The cable is back, or the modem has reset itself: +VCID is 0 and what AT&W did not store is lost."""
        self.powered = True
        self._deaf = None
        self._end_call()
        self._last_message = self._caller = self._held = None
        self._at.reset(forget=forget)

    def go_deaf(self, ears: Ears) -> None:
        """From now on the modem hears nothing with `ears`, until `hear` or a power cycle."""
        self._deaf = ears

    def hear(self) -> None:
        self._deaf = None

    def split(self, every: int, gap_s: float) -> None:
        """Send at most `every` bytes at a time from now on; 0 as many as there are."""
        self._uart.split(every, gap_s)

    def join(self, hold_s: float) -> None:
        """Hand over what is said in bunches, each `hold_s` after its first byte, from now on; 0 as it is said."""
        self._uart.join(hold_s)

    def lose_line_ends(self, left: LineEnds) -> None:
        """Only `left` arrives of each line end from now on."""
        self._uart.lose_line_ends(left)

    def echo(self, *, on: bool) -> None:
        """Repeat what the computer says from now on, although it asked for silence; or stop to."""
        self._at.echoes_always = on

    def forget_caller_id(self) -> None:
        """Caller ID is switched off, and nothing else changes."""
        self._at.settings.switch_back(self.personality.caller_id.switches)

    def inject(self, data: bytes, now: Moment) -> None:
        """Say `data` as it is: a scripted answer, a dialect this modem does not speak, noise."""
        if self.powered and not self._deaf_to(Ears.COMPUTER):
            self._uart.send(data, now.mono)

    # --- commands that reach the line ----------------------------------------------------------------------------

    def _carry_out_actions(self, at: float) -> None:
        while (action := self._at.take_action()) is not None:
            self._carry_out(action, at)

    def _carry_out(self, action: Action, at: float) -> None:
        match action.kind:
            case ActionKind.ANSWER:
                self._answer(at, asked=True)
            case ActionKind.DIAL:
                self._dial(action.value, at)
            case ActionKind.OFF_HOOK:
                self.exchange.seize(at)
                self._at.complete(Result.OK, at)
            case ActionKind.HANG_UP:
                self._end_call()
                self._at.complete(Result.OK, at)
            case ActionKind.SEND_TONES:
                if self.exchange.seized:
                    self.exchange.dialled_by_modem(action.value)
                self._at.complete(Result.OK, at)
            case ActionKind.PLAY_OUT | ActionKind.PLAY_NO_MORE:  # nobody hears it
                self._at.take_sound()
                self._at.sound_is_over(at)
            case ActionKind.ABORT:
                self._end_call()
                self._at.complete(Result.NO_CARRIER, at)
            case ActionKind.SHOW_CALLER_ID:
                self._at.complete(Result.OK, at, self._caller_id_lines(self._last_message, raw=action.value == "1"))
            case ActionKind.SHOW_CALLER_ID_PAIRS:
                lines = [] if self._last_message is None else [b"+VCIDR:", *pairs(self._last_message)]
                self._at.complete(Result.OK, at, lines)

    def _answer(self, at: float, *, asked: bool) -> None:
        call = self.exchange.call
        taken = self.exchange.seize(at)
        if self._at.in_voice and self.personality.voice is not None:
            self._settle(Result[self.personality.voice.answer], at, asked=asked)
        elif taken and call is not None and call.fax and (lines := self._fax_lines(call)):
            self._say_lines([line.encode() for line in lines], ShownAs.PLAIN)
            self._settle(Result.OK, at, asked=asked)
        else:  # nobody at the other end answers a modem with a modem
            self._wait(_Pending(at + self._register(WAIT_REGISTER), Result.NO_CARRIER, asked))

    def _fax_lines(self, call: IncomingCall) -> list[str]:
        """What a class 2 or 2.0 modem says of the machine that calls; the page itself is not simulated."""
        station = f"{call.number or '':>20}"
        return {
            "2": ["+FCON", f'+FTSI:"{station}"', "+FDCS:1,5,0,2,0,0,0,0"],
            "2.0": ["+FCO", f'+FTI:"{station}"', "+FCS:1,5,0,2,0,0,0,0,0"],
        }.get(self._at.setting("+FCLASS"), [])

    def _dial(self, text: str, at: float) -> None:
        if (refusal := self._line_in_use()) is not None:
            self._at.complete(refusal, at)
            return
        digits = [char for char in text if char in "0123456789ABCD*#"]
        seconds = DIGIT_S * len(digits) + self._register(PAUSE_REGISTER) * text.count(",")
        self.exchange.seize(at)
        self.exchange.dialled_by_modem("".join(digits))
        if text.endswith(";") or self._at.in_voice:
            self._wait(_Pending(at + seconds, Result.OK, asked=True, stays_off_hook=True))
        else:
            told_busy = self._at.settings.basic["X"] >= BUSY_IS_TOLD
            self._wait(
                _Pending(
                    at + seconds + self._register(WAIT_REGISTER),
                    Result.NO_CARRIER,
                    asked=True,
                    if_busy=Result.BUSY if told_busy else Result.NO_CARRIER,
                )
            )

    def _line_in_use(self) -> Result | None:
        if self.exchange.lifted is None:
            return None
        if self.personality.line_in_use and self._at.settings.switched(self.personality.line_in_use_switch):
            return next(result for result in Result if result.value[0] == self.personality.line_in_use)
        return Result.NO_DIALTONE

    def _wait(self, pending: _Pending) -> None:
        self._pending = pending
        if pending.asked:
            self._at.wait()

    def _come_out(self, pending: _Pending) -> None:
        if not pending.stays_off_hook:
            self.exchange.release()
        self._settle(pending.result, pending.at, asked=pending.asked)
        self._carry_out_actions(pending.at)
        self._flush(pending.at)

    def _settle(self, result: Result, at: float, *, asked: bool) -> None:
        if asked:
            self._at.complete(result, at)
        else:
            self._at.announce(result)

    def _end_call(self) -> None:
        self._pending = None
        self.exchange.release()

    # --- what is seen on the line --------------------------------------------------------------------------------

    def _show(self, timed: Timed) -> None:
        if not self.powered or self._deaf_to(Ears.LINE):
            return
        signal, at = timed.signal, timed.at
        match signal.kind:
            case SignalKind.RING:
                self._ring(signal, at)
            case SignalKind.RING_ON | SignalKind.RING_OFF:
                self._ring_part(signal)
            case SignalKind.CALLER_ID if not self._deaf_to(Ears.CALLER_ID) and signal.message is not None:
                self._caller_id(signal.message)
            case SignalKind.LIFTED | SignalKind.REPLACED:
                self._caller = self._held = None
                self._hook(signal)
            case SignalKind.GAVE_UP:
                self._caller = self._held = None
            case SignalKind.FAX_TONE:
                self._event(Seen.FAX_TONE, "c")
            case SignalKind.DIGIT:
                self._digit(signal.digit)
            case SignalKind.BUSY_TONE:
                self._busy(at)
            case SignalKind.REVERSAL:
                self._event(Seen.REVERSAL, "L")
            case SignalKind.DIAL_TONE:
                self._event(Seen.DIAL_TONE, "d")
            case SignalKind.RINGBACK_TONE:
                self._event(Seen.RINGBACK_TONE, "r")
        self._flush(at)

    def _ring(self, signal: Signal, at: float) -> None:
        if self._held is not None:
            self._print(self._held)
            self._held = None
        self._at.settings.registers[RING_COUNT] = min(signal.count, 255)
        if self._at.in_voice:
            self._at.say(DLE + b"R")
        elif not (self._durations() and self._at.setting("+VDR").endswith(",0")):
            text = ring_text(self.personality.ring.template, self._caller).decode()
            self._at.announce(Result.RING, text + self._distinctive(signal.cadence))
        automatic = self._register(AUTO_ANSWER_REGISTER)
        if automatic and signal.count >= automatic and self.exchange.state is LineState.OFFERED:
            self._answer(at, asked=False)

    def _distinctive(self, cadence: str) -> str:
        ring = self.personality.ring
        if not self._at.settings.equals(ring.distinctive_switch):
            return ""
        place = CADENCE_WORDS.find(cadence) if cadence in CADENCE_WORDS else 0
        return f" {ring.distinctive[place]}"

    def _durations(self) -> bool:
        """Whether ring durations are shown (V.253 +VDR=1)."""
        return self._at.setting("+VDR").startswith("1") and (
            self._at.in_voice or self.personality.ring.durations_in_class_0
        )

    def _ring_part(self, signal: Signal) -> None:
        if self._durations():
            key = "DRON" if signal.kind is SignalKind.RING_ON else "DROF"
            self._say_lines([f"{key}={round(signal.seconds * 10)}".encode()], ShownAs.COMPLEX)

    def _caller_id(self, message: CallerId) -> None:
        self._last_message = self._caller = message
        if self.personality.caller_id.with_ring:
            self._held = message
        else:
            self._print(message)

    def _print(self, message: CallerId) -> None:
        style = self.personality.caller_id
        values = {self._at.setting(switch) for switch in style.switches} - {"", "0"}
        raw = "2" in values
        if not style.prints or not values or (not message.intact and not raw):
            return
        voice = self.personality.voice
        self._say_lines(self._caller_id_lines(message, raw=raw), voice.caller_id if voice else ShownAs.PLAIN)
        if style.ends_with_no_carrier and not self._at.in_voice:
            self._at.announce(Result.NO_CARRIER)

    def _caller_id_lines(self, message: CallerId | None, *, raw: bool) -> list[bytes]:
        if message is None:
            return []
        style = self.personality.caller_id
        return hexadecimal(message, style) if raw else formatted(message, style)

    def _say_lines(self, lines: list[bytes], in_voice: ShownAs) -> None:
        """Lines as they are, or in class 8 as a complex event: <DLE>X, the lines, <DLE>. (V.253 §8.2.2)."""
        complex_event = self._at.in_voice and in_voice is ShownAs.COMPLEX
        layout = Layout.BLOCK if complex_event else self.personality.caller_id.layout
        text = set_lines(lines, layout, self._at.settings.line_end)
        self._at.say(DLE + b"X" + text.replace(DLE, DLE * 2) + DLE + b"." if complex_event else text)

    def _hook(self, signal: Signal) -> None:
        if not signal.visible:
            return
        lifted, voice = signal.kind is SignalKind.LIFTED, self.personality.voice
        if signal.phone is Phone.LOCAL:
            self._event(Seen.LOCAL_HOOK, "H" if lifted else "h")
        elif voice is not None and self._at.settings.switched(voice.extension_switch):
            self._event(Seen.EXTENSION_HOOK, "P" if lifted else "p")

    def _digit(self, digit: str) -> None:
        if self.personality.voice is not None and self.personality.voice.digits is ShownAs.SHIELDED:
            self._event(Seen.DIGIT, "/", digit, "~")
        else:
            self._event(Seen.DIGIT, digit)

    def _busy(self, at: float) -> None:
        if self._pending is not None:
            pending, self._pending = self._pending, None
            self._come_out(_Pending(at, pending.if_busy, pending.asked))
        elif self._at.setting("+FCLASS") in ("2", "2.0") and self.exchange.seized:
            self.exchange.release()
            word = "+FHNG" if self._at.setting("+FCLASS") == "2" else "+FHS"
            self._say_lines([f"{word}:{FAX_HANDSHAKE_FAILED}".encode()], ShownAs.PLAIN)
        else:
            self._event(Seen.BUSY_TONE, "b")

    def _event(self, seen: Seen, *letters: str) -> None:
        """Say a simple event of class 8, if the event map of the chosen label has it."""
        voice = self.personality.voice
        if voice is None or not self._at.in_voice:
            return
        events = voice.labels.get(self._at.setting("+VLS"), "")
        if _bit(events, seen):
            self._at.say(b"".join(DLE + letter.encode() for letter in letters))

    # --- helpers -------------------------------------------------------------------------------------------------

    def _register(self, number: int) -> int:
        return self._at.settings.registers.get(number, 0)

    def _deaf_to(self, ears: Ears) -> bool:
        both = self._deaf is Ears.BOTH and ears in (Ears.LINE, Ears.COMPUTER)
        return self._deaf is ears or both

    def _flush(self, at: float) -> None:
        data = self._at.take_output()
        if self.powered and not self._deaf_to(Ears.COMPUTER):
            self._uart.send(data, at)


def _bit(event_map: str, number: int) -> bool:
    """Bit `number` of hexadecimal digits, counted from the most significant of the first."""
    digit, place = divmod(number, 4)
    return digit < len(event_map) and bool(int(event_map[digit], 16) >> (3 - place) & 1)
