"""A simulated modem on a line with sound: it plays, records and faxes, besides all that a modem without sound does."""

from __future__ import annotations

import re
from collections.abc import Sequence

from dutyphone.clock import Moment
from dutyphone_simulators.at import Action, ActionKind, Mode
from dutyphone_simulators.dsp.fax import Event, FaxModem, Want
from dutyphone_simulators.dsp.premises import Premises
from dutyphone_simulators.dsp.samples import Samples
from dutyphone_simulators.dsp.voice import Codec, VoiceRecorder, VoiceSender, codec_of
from dutyphone_simulators.exchange import Timed
from dutyphone_simulators.modem import DIGIT_S, Ears, Seen, SimulatedModem
from dutyphone_simulators.personality import Personality

FAX_CLASS = "1"
_LEAVES_CLASS_1 = re.compile(rb"AT(?:Z|.*&F|.*\+FCLASS=(?!1\s*(?:;|\r|$))[0-9])", re.IGNORECASE)


class SoundModem(SimulatedModem):
    """One modem on `line`, of which it is the mouth and the ear while it is off hook."""

    def __init__(self, personality: Personality, line: Premises) -> None:
        super().__init__(personality, line)
        line.sound = self
        self._at.can_sound = lambda: self._codec() is not None
        self._voice = VoiceSender()
        self._plays_out = self._played = self._underrun = False
        self._recorder: VoiceRecorder | None = None
        self._fax: FaxModem | None = None
        self._fax_dialled_at: float | None = None

    # --- the wire to the computer --------------------------------------------------------------------------------

    def receive(self, data: bytes, now: Moment) -> Sequence[Timed]:
        if self._fax is None or not self.powered or self._deaf_to(Ears.COMPUTER):
            happened = super().receive(data, now)
            self._take_sound()
        else:
            happened = self.on_deadline(now)
            self._fax.put(data)
        self._follow(now.mono)
        return happened

    def on_deadline(self, now: Moment) -> Sequence[Timed]:
        happened = super().on_deadline(now)
        self._follow(now.mono)
        self._uart.arrive(now.mono)
        return happened

    @property
    def full(self) -> bool:
        """Whether the computer is to wait before it says more."""
        return self._fax is not None and self._fax.full

    # --- the sound of the line -----------------------------------------------------------------------------------

    @property
    def sending(self) -> bool:
        """Whether it has something to be heard."""
        return not self._voice.empty or self._fax is not None

    def speak_block(self, length: int) -> Samples | None:
        """The next block towards the exchange."""
        if self._fax is not None:
            return self._fax.speak(length)
        block = self._voice.take(length)
        self._played = self._plays_out and self._voice.empty
        if block is None and self._at.mode is Mode.TRANSMITTING and not self._underrun:
            self._underrun = True
            self._event(Seen.UNDERRUN, "u")
        return block

    def hear_block(self, samples: Samples) -> None:
        """A block from the exchange."""
        if self._fax is not None:
            self._fax.hear(samples)
        elif self._at.mode is not Mode.RECEIVING:
            self._recorder = None
        else:
            if self._recorder is None:
                codec = self._codec()
                assert codec is not None, "otherwise +VRX is refused"
                self._recorder = VoiceRecorder(codec, self._silence_s())
            self._at.say(self._recorder.hear(samples))

    # --- voice ---------------------------------------------------------------------------------------------------

    def _carry_out(self, action: Action, at: float) -> None:
        match action.kind:
            case ActionKind.PLAY_OUT if self.exchange.seized:
                self._take_sound()
                self._plays_out = True
            case ActionKind.PLAY_OUT | ActionKind.PLAY_NO_MORE:
                self._take_sound()
                self._voice.clear()
                self._at.sound_is_over(at)
            case _:
                super()._carry_out(action, at)

    def _take_sound(self) -> None:
        if data := self._at.take_sound():
            codec = self._codec()
            assert codec is not None, "otherwise +VTX is refused"
            self._voice.put(codec.decode(data))
            self._underrun = False

    def _codec(self) -> Codec | None:
        method = self.personality.settings.get("+VSM")
        return None if method is None else codec_of(self._at.setting("+VSM"), method.listed)

    def _silence_s(self) -> float:
        """The second parameter of +VSD, in tenths of a second (V.253 §10.2.5)."""
        interval = self._at.setting("+VSD").partition(",")[2]
        return int(interval) / 10 if interval.isdecimal() else 0.0

    # --- fax -----------------------------------------------------------------------------------------------------

    def _follow(self, at: float) -> None:
        """Whatever sound and fax have led to."""
        if self._played:
            self._plays_out = self._played = False
            self._at.sound_is_over(at)
            self._carry_out_actions(at)
        if self._fax is None and self._at.setting("+FCLASS") == FAX_CLASS and self._at.mode is Mode.COMMAND:
            self._begin_fax()
        if self._fax is not None:
            self._fax_goes_on(self._fax, at)
        self._flush(at)

    def _begin_fax(self) -> None:
        basic = self._at.settings.basic
        self._fax = FaxModem(f"ATE{basic['E']}V{basic['V']}Q{basic['Q']}X{basic['X']}".encode())
        self._fax.put(self._at.take_input())

    def _fax_goes_on(self, fax: FaxModem, at: float) -> None:
        if self._fax_dialled_at is not None and at >= self._fax_dialled_at:
            self._fax_dialled_at = None
            fax.happened(Event.CONNECTED)
        self._fulfil(fax, at)
        while True:
            line = fax.next_line()
            if line is not None and _LEAVES_CLASS_1.match(line.strip()):
                self._end_fax(fax, at)
                return
            if not fax.go_on():
                break
            self._fulfil(fax, at)
        self._at.say(fax.take_output())

    def _fulfil(self, fax: FaxModem, at: float) -> None:
        for wish in fax.take_wishes():
            match wish.want:
                case Want.CALL:
                    digits = "".join(char for char in wish.number if char in "0123456789*#ABCD")
                    self.exchange.seize(at)
                    self.exchange.dialled_by_modem(digits)
                    self._fax_dialled_at = at + DIGIT_S * len(digits)
                case Want.ANSWER:
                    self.exchange.seize(at)
                    fax.happened(Event.ANSWERED)
                case Want.OFF_HOOK:
                    self.exchange.seize(at)
                case Want.HANG_UP | Want.ON_HOOK:
                    self._fax_dialled_at = None
                    self.exchange.release()

    def _end_fax(self, fax: FaxModem, at: float) -> None:
        """Another class, or a reset: the rest is for the modem's own interpreter."""
        self._fax, self._fax_dialled_at = None, None
        self._at.say(fax.take_output())
        self._at.settings.values["+FCLASS"] = "0"
        self._at.receive(fax.take_rest(), at)
        self._carry_out_actions(at)

    def _busy(self, at: float) -> None:
        if self._fax is not None and self.exchange.seized:
            self._fax.happened(Event.BUSY)
        else:
            super()._busy(at)

    def _end_call(self) -> None:
        super()._end_call()
        self._voice.clear()
        self._played = self._plays_out
        self._recorder = None
