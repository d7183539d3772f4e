"""Where the line ends: the telephone on the desk and the modem beside it, on one pair of wires.

To a modem or a scenario it is a `TelephoneLine`, like the line without sound; to the exchange it is a hook, a mouth
and an ear.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from dutyphone.clock import Moment
from dutyphone_simulators.dsp.dtmf import DtmfSender
from dutyphone_simulators.dsp.ear import SoundEar, VoltageEar
from dutyphone_simulators.dsp.samples import BLOCK, Samples, mixed, silence
from dutyphone_simulators.exchange import (
    TONE_PERIOD_S,
    IncomingCall,
    LineState,
    Phone,
    Signal,
    SignalKind,
    Timed,
)

_SILENCE = silence(BLOCK)


class Office(Protocol):
    """What premises need of their exchange."""

    def place(self, premises: Premises, call: IncomingCall, now: Moment) -> None: ...

    def wake(self, at: float) -> None: ...

    def next_deadline(self) -> float | None: ...

    def run_until(self, until: float) -> None: ...


class SoundSource(Protocol):
    """The modem, as the mouth and the ear that it is while it is off hook."""

    @property
    def sending(self) -> bool: ...

    def speak_block(self, length: int) -> Samples | None: ...

    def hear_block(self, samples: Samples) -> None: ...


class Premises:
    """One subscriber's end of a line of `office`. Made by the exchange."""

    def __init__(self, office: Office, country: str) -> None:
        self.state = LineState.IDLE
        self.call: IncomingCall | None = None  # the one placed by `place`, as far as nobody has to hear it
        self.lifted: Phone | None = None
        self.seized = False
        self.sound: SoundSource | None = None
        self._office = office
        self._visible = True
        self._keypad, self._modem = DtmfSender(), DtmfSender()
        self._spoken: Samples | None = None  # by the telephone, in this block
        self._voltage, self._sounds = VoltageEar(), SoundEar(country)
        self._plan: list[Timed] = []
        self._signals: list[Timed] = []
        self._order = 0

    # --- a TelephoneLine: what people and the modem do -----------------------------------------------------------

    def place(self, call: IncomingCall, now: Moment) -> None:
        """Somebody from outside calls this line."""
        self._office.place(self, call, now)

    def lift(self, at: float, phone: Phone = Phone.EXTENSION, *, visible: bool = True) -> None:
        """The handset is lifted: the ringing call is taken, or somebody is going to dial."""
        self._intend(at, Signal(kind=SignalKind.LIFTED, phone=phone, visible=visible))

    def dial(self, digits: str, at: float) -> None:
        """Keys are pressed on the lifted telephone, one tone after the other."""
        for place, digit in enumerate(digits, start=1):
            self._intend(at + place * TONE_PERIOD_S, Signal(kind=SignalKind.DIGIT, digit=digit))

    def hang_up(self, at: float) -> None:
        """The handset goes back."""
        self._intend(at, Signal(kind=SignalKind.REPLACED))

    def seize(self, at: float) -> bool:
        """The modem goes off hook. True if that took a ringing call."""
        self._office.wake(at)
        self.seized = True
        return self._taken()

    def release(self) -> None:
        """The modem goes on hook, in the middle of a digit if need be."""
        if self.seized:
            self.seized = False
            self._modem.stop()
            self._rest()

    def dialled_by_modem(self, digits: str) -> None:
        """The modem sends `digits` as tones."""
        self._modem.put(digits)

    def next_deadline(self) -> float | None:
        """When the next signal may happen; None if none is to be expected."""
        times = [timed.at for timed in self._signals[:1]]
        if (due := self._office.next_deadline()) is not None:
            times.append(due)
        return min(times, default=None)

    def advance(self, until: float) -> Sequence[Timed]:
        """The signals up to `until`, in order. Each is given once."""
        self._office.run_until(until)
        happened = [timed for timed in self._signals if timed.at <= until]
        del self._signals[: len(happened)]
        return happened

    # --- what the exchange uses ----------------------------------------------------------------------------------

    @property
    def off_hook(self) -> bool:
        """Whether current flows in the loop."""
        return self.seized or self.lifted is not None

    @property
    def bridged(self) -> bool:
        """Whether the telephone is off hook beside the modem."""
        return self.seized and self.lifted is not None

    @property
    def next_intention(self) -> float | None:
        """When somebody at the desk is going to do something."""
        return self._plan[0].at if self._plan else None

    def live(self, at: float) -> None:
        """Let people do what they were to do by `at`."""
        while self._plan and self._plan[0].at <= at:
            timed = self._plan.pop(0)
            if self._do(timed.signal, timed.at):
                self._notice(timed.at, timed.signal)

    def speak(self) -> Samples | None:
        """The next block that goes to the exchange."""
        self._spoken = self._keypad.take(BLOCK)
        said = mixed(self._spoken, self._modem.take(BLOCK))
        return mixed(said, self.sound.speak_block(BLOCK)) if self.sound is not None and self.seized else said

    def hear(self, at: float, sound: Samples | None, local: datetime, *, ringing: bool, reversed_: bool) -> None:
        """A block has come, together with the tones of the telephone beside; `at` is its end."""
        for signal in self._voltage.hear(at, ringing=ringing, reversed_=reversed_):
            if signal.kind is SignalKind.RING:
                self._offered()
            self._notice(at, signal)
        both = mixed(sound, self._spoken)
        if self.sound is not None and self.seized:
            self.sound.hear_block(both or _SILENCE)
        for signal in self._sounds.hear(both or _SILENCE, local, off_hook=self.off_hook):
            if signal.kind is SignalKind.CALLER_ID:
                self._offered()
            self._notice(at, signal)

    def tell(self, at: float, kind: SignalKind) -> None:
        """Something that the exchange alone knows."""
        if kind is SignalKind.GAVE_UP:
            self._voltage.call_is_over()
            self._rest()
        self._notice(at, Signal(kind=kind))

    @property
    def quiet(self) -> bool:
        """Whether nothing is being sent from here."""
        modem = self._modem.sending or (self.seized and self.sound is not None and self.sound.sending)
        return not self._keypad.sending and not modem

    # --- helpers -------------------------------------------------------------------------------------------------

    def _do(self, signal: Signal, at: float) -> bool:
        """What happens at the desk. False if it cannot."""
        match signal.kind:
            case SignalKind.LIFTED if self.lifted is None:
                self.lifted, self._visible = signal.phone, signal.visible
                if self._taken() and self.call is not None and self.call.answered:
                    self.hang_up(at + self.call.talk_s)
            case SignalKind.REPLACED if self.lifted is not None:
                replaced = Signal(kind=SignalKind.REPLACED, phone=self.lifted, visible=self._visible)
                self.lifted = None
                self._keypad.stop()
                self._rest()
                self._notice(at, replaced)
                return False
            case SignalKind.DIGIT if self.lifted is not None:
                self._keypad.put(signal.digit)
                return False  # whoever listens has to hear it
            case _:
                return False
        return True

    def _taken(self) -> bool:
        """Somebody went off hook; whether that took a call."""
        self._voltage.call_is_over()
        taken = self.state is LineState.OFFERED
        if taken:
            self.state = LineState.TAKEN
        elif self.state is LineState.IDLE:
            self.state = LineState.OFF_HOOK
        return taken

    def _offered(self) -> None:
        if self.state is LineState.IDLE:
            self.state = LineState.OFFERED

    def _rest(self) -> None:
        if not self.off_hook:
            self.state, self.call = LineState.IDLE, None

    def _intend(self, at: float, signal: Signal) -> None:
        self._order += 1
        insort(self._plan, Timed(at, self._order, signal))

    def _notice(self, at: float, signal: Signal) -> None:
        self._order += 1
        insort(self._signals, Timed(at, self._order, signal))
