"""The AT interpreter of the simulated modem: ITU-T V.250, and V.253 as far as it only keeps values.

Pure: characters come in with the time, what the modem says is taken with `take_output`, and what only the telephone
side can do (dial, answer, hang up, show the last caller ID) goes out as an `Action` that `complete` answers.
No input makes it raise.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import ClassVar

from dutyphone_simulators.at_grammar import BadCommand, Command, Form, accepts, commands, keys
from dutyphone_simulators.at_settings import BACKSPACE, BASIC_MAXIMUM, END_OF_LINE, ModemSettings
from dutyphone_simulators.personality import Personality, Setting

COMMAND_LIMIT = 256
"""Characters a command line may have; V.250 §5.2.1 asks for at least 40, and a longer line is an ERROR."""

ABORT_GUARD_S = 0.125
"""V.250 §5.6.1: characters this soon after the end of a line are the terminal's line feed and abort nothing."""

DLE, ETX, CAN = 0x10, 0x03, 0x18


class Result(Enum):
    """A result code: what it says with V1 and with V0 (V.250 table 1)."""

    OK = ("OK", "0")
    CONNECT = ("CONNECT", "1")
    RING = ("RING", "2")
    NO_CARRIER = ("NO CARRIER", "3")
    ERROR = ("ERROR", "4")
    NO_DIALTONE = ("NO DIALTONE", "6")
    BUSY = ("BUSY", "7")
    NO_ANSWER = ("NO ANSWER", "8")
    VCON = ("VCON", "VCON")  # voice connection, from before V.253
    LINE_IN_USE = ("LINE-IN-USE", "LINE-IN-USE")  # Conexant, with -STE bit 0
    LINE_IS_IN_USE = ("LINE IN USE", "LINE IN USE")  # Silicon Labs, with %V1


class ActionKind(Enum):
    """What only the telephone side can do."""

    ANSWER = auto()  # ATA
    DIAL = auto()  # ATD; `value` is the dial string, with a semicolon at its end if the command line goes on
    OFF_HOOK = auto()  # ATH1, +VLS=1
    HANG_UP = auto()  # ATH, ATZ, +VLS=0
    SEND_TONES = auto()  # +VTS; `value` is the digits among its tones
    SHOW_CALLER_ID = auto()  # +VRID; `value` is 0 formatted, 1 in hexadecimal
    SHOW_CALLER_ID_PAIRS = auto()  # the +VCIDR? of Silicon Labs
    PLAY_OUT = auto()  # <DLE><ETX>: the sound is complete, the answer comes when it was heard
    PLAY_NO_MORE = auto()  # <DLE><CAN>: what was not heard yet is not to be
    ABORT = auto()  # the terminal sent a character while ANSWER or DIAL was under way


@dataclass(frozen=True, slots=True)
class Action:
    """Something the telephone side is to do. Answer it with `AtInterpreter.complete`, at once or later."""

    kind: ActionKind
    value: str = ""


class Mode(Enum):
    """What the next character is."""

    COMMAND = auto()  # part of a command line
    WAITING = auto()  # the end of an ANSWER or DIAL that is under way
    TRANSMITTING = auto()  # sound to be sent, up to <DLE><ETX> (V.253 +VTX)
    PLAYING_OUT = auto()  # part of a command line, once the sound is over
    RECEIVING = auto()  # an end to receiving sound (V.253 +VRX)


_LABEL_NAMES = {0: "", 1: "T", 2: "L", 3: "LT", 4: "S", 5: "ST", 6: "M", 7: "MST", 20: "t"}
"""What a +VLS label connects: T line, L local phone, S speaker, M microphone (V.253 §10.2.4)."""


class AtInterpreter:
    """The command side of one modem with a `personality`."""

    def __init__(self, personality: Personality) -> None:
        self._personality = personality
        self._output = bytearray()
        self._input = bytearray()
        self._line = bytearray()
        self._last_line = ""
        self._running: Iterator[Command] | None = None
        self._action: Action | None = None
        self._mode = Mode.COMMAND
        self._line_ended_at = 0.0
        self._after_dle = False
        self._sound_in = bytearray()
        self.echoes_always = False  # whatever ATE says
        self.can_sound: Callable[[], bool] = lambda: True  # whether sound can be had as +VSM says
        self.settings = ModemSettings(personality)

    # --- what the modem around it uses ---------------------------------------------------------------------------

    def receive(self, data: bytes, now_s: float) -> None:
        """The terminal sent `data`. Then take actions until there are none, and the output."""
        if self._mode is Mode.WAITING:
            if data and now_s - self._line_ended_at > ABORT_GUARD_S:
                self._action = Action(ActionKind.ABORT)
            return
        self._input += data
        self._consume(now_s)

    def take_action(self) -> Action | None:
        """What the telephone side is to do now, if anything; taken away."""
        action, self._action = self._action, None
        return action

    def complete(self, result: Result, now_s: float, information: Iterable[str | bytes] = ()) -> None:
        """The last action came out as `result`, after `information` was printed. OK lets the line go on."""
        self._mode = Mode.COMMAND
        self._inform(information)
        if result is Result.OK:
            self._run(now_s)
        else:
            self._finish(result)
        self._consume(now_s)

    def sound_is_over(self, now_s: float) -> None:
        """What the last `PLAY_OUT` or `PLAY_NO_MORE` asked for is done."""
        self._mode = Mode.COMMAND
        self._finish(Result.OK)
        self._consume(now_s)

    def wait(self) -> None:
        """The last action takes time: a character from the terminal aborts it."""
        self._mode = Mode.WAITING

    def take_sound(self) -> bytes:
        """The sound that the terminal sent after +VTX, without its shielding; taken away."""
        sound = bytes(self._sound_in)
        self._sound_in.clear()
        return sound

    def take_input(self) -> bytes:
        """What the terminal sent and nobody read yet; taken away."""
        data = bytes(self._input)
        self._input.clear()
        return data

    def take_output(self) -> bytes:
        """What the modem says; taken away."""
        data = bytes(self._output)
        self._output.clear()
        return data

    def announce(self, result: Result, text: str = "") -> None:
        """Say `result` although nobody asked; `text` instead of its long form, for RING A and the like."""
        if self.settings.basic["Q"] == 1:
            return
        long, short = result.value
        if self.settings.basic["V"]:
            self._output += self.settings.line_end + (text or long).encode() + self.settings.line_end
        else:
            self._output += short.encode() + bytes([self.settings.registers[END_OF_LINE]])

    def say(self, data: bytes) -> None:
        """Put `data` on the wire as it is."""
        self._output += data

    def reset(self, *, forget: bool = False) -> None:
        """As after power came on. `forget` also loses what AT&W stored."""
        if forget:
            self.settings.forget()
        else:
            self.settings.recall()
        self._input.clear()
        self._line.clear()
        self._running = None
        self._action = None
        self._mode = Mode.COMMAND

    def setting(self, name: str) -> str:
        """The value of an extended command such as +VCID; "" if this modem does not have it."""
        return self.settings.values.get(name, "")

    @property
    def hangs_up_on_dtr(self) -> bool:
        """Whether the modem hangs up when the terminal goes away (&D2 and &D3)."""
        return self.settings.basic["&D"] >= 2

    @property
    def in_voice(self) -> bool:
        """Whether class 8 is chosen, by +FCLASS or by the #CLS of older chips."""
        return "8" in (self.setting("+FCLASS"), self.setting("#CLS"))

    @property
    def mode(self) -> Mode:
        return self._mode

    # --- characters ----------------------------------------------------------------------------------------------

    def _consume(self, now_s: float) -> None:
        while self._input and self._mode not in (Mode.WAITING, Mode.PLAYING_OUT) and self._action is None:
            byte = self._input.pop(0)
            if self._mode is Mode.TRANSMITTING:
                self._sound_to_send(byte)
            elif self._mode is Mode.RECEIVING:
                self._order_while_receiving(byte)
            else:
                self._character(byte & 0x7F, now_s)  # V.250 §5.1: the eighth bit means nothing in a command

    def _sound_to_send(self, byte: int) -> None:
        """V.253 §8.1: <DLE><DLE> is one <DLE>, <DLE><ETX> and <DLE><CAN> are the end, other pairs are orders."""
        shielded, self._after_dle = self._after_dle, byte == DLE and not self._after_dle
        if shielded and byte in (ETX, CAN):
            self._mode = Mode.PLAYING_OUT
            self._action = Action(ActionKind.PLAY_OUT if byte == ETX else ActionKind.PLAY_NO_MORE)
        elif byte == DLE if shielded else not self._after_dle:
            self._sound_in.append(byte)

    def _order_while_receiving(self, byte: int) -> None:
        if self._after_dle and byte in (ord("!"), 0x1B, ord("^")):
            self._output += bytes([DLE, ETX])
            self._mode = Mode.COMMAND
            self._finish(Result.OK)
        self._after_dle = byte == DLE and not self._after_dle

    def _character(self, byte: int, now_s: float) -> None:
        if self.settings.basic["E"] or self.echoes_always:
            self._output.append(byte)
        line, char = self._line, chr(byte).upper()
        if len(line) < 2:  # still looking for AT or A/
            if line and char == "/":
                line.clear()
                self._execute(self._last_line, now_s)
            elif line and char == "T":
                line += b"T"
            else:
                line[:] = b"A" if char == "A" else b""
        elif byte == self.settings.registers[END_OF_LINE]:
            body = line[2:].decode("ascii")
            line.clear()
            self._execute(body, now_s)
        elif byte == self.settings.registers[BACKSPACE]:
            del line[max(2, len(line) - 1) :]
        elif byte >= 0x20 and len(line) <= COMMAND_LIMIT + 2:
            line.append(byte)

    def _execute(self, body: str, now_s: float) -> None:
        self._last_line = body
        self._line_ended_at = now_s
        if len(body) > COMMAND_LIMIT:
            self._finish(Result.ERROR)
            return
        self._running = commands(body)
        self._run(now_s)

    def _run(self, now_s: float) -> None:
        """Carry out commands until one has to wait, one fails, or the line is done."""
        while self._running is not None:
            try:
                command = next(self._running, None)
            except BadCommand:
                self._finish(Result.ERROR)
                return
            if command is None:
                self._finish(Result.OK)
                return
            outcome = self._perform(command)
            if isinstance(outcome, Action):
                self._action = outcome
                self._line_ended_at = now_s
                return
            if outcome is not Result.OK:
                self._finish(outcome)
                return

    def _finish(self, result: Result) -> None:
        self._running = None
        self.announce(result)

    def _inform(self, lines: Iterable[str | bytes]) -> None:
        """Information text (V.250 table 1): between line ends, or with V0 only ended by one."""
        encoded = [line if isinstance(line, bytes) else line.encode() for line in lines]
        if not encoded:
            return
        if self.settings.basic["V"]:
            self._output += self.settings.line_end
        for line in encoded:
            self._output += line + self.settings.line_end

    # --- commands ------------------------------------------------------------------------------------------------

    def _perform(self, command: Command) -> Result | Action:
        name = command.name
        told = self._personality.identity.get(f"I{command.value or 0}" if name == "I" else name)
        if told is not None and command.form is not Form.SET:
            self._inform(() if command.form is Form.TEST else told)
            return Result.OK
        if command.form is Form.READ and name == self._personality.caller_id.raw_command:
            return Action(ActionKind.SHOW_CALLER_ID_PAIRS)
        if handler := self._HANDLERS.get(name):
            return handler(self, command)
        if name in BASIC_MAXIMUM:
            return _ok(self.settings.keep_basic(name, command.value))
        if name.startswith("S") and name[1:].isdecimal():
            return self._register_command(command)
        if setting := self._personality.settings.get(name):
            return self._setting_command(command, setting)
        return _ok(self._personality.unknown_command_ok)

    def _register_command(self, command: Command) -> Result:
        number = int(command.name[1:])
        if command.form is Form.READ:
            self._inform([f"{self.settings.registers.get(number, 0):03d}"])
            return Result.OK
        if command.form is Form.ACTION:
            return Result.OK  # V.250 §5.3.2 lets Sn alone point at a register; nothing follows from it
        return _ok(self.settings.keep_register(number, command.value))

    def _setting_command(self, command: Command, setting: Setting) -> Result | Action:
        name = command.name
        prefix = f"{name}: " if self._personality.prefixed_answers else ""
        if command.form is Form.TEST:
            self._inform(self._labels() if name == "+VLS" else setting.listed or [prefix + setting.ranges])
        elif command.form is Form.READ:
            self._inform([prefix + self.settings.values[name]])
        else:
            value = command.value or "0"
            bare = command.form is Form.ACTION and name[0] in "+#-"
            if bare or not self._acceptable(name, setting, value):
                return Result.ERROR
            return self._set(name, value)
        return Result.OK

    def _acceptable(self, name: str, setting: Setting, value: str) -> bool:
        if name == "+VLS":
            return value in self._personality.voice.labels if self._personality.voice else False
        return accepts(setting.ranges, value)

    def _set(self, name: str, value: str) -> Result | Action:
        self.settings.values[name] = value
        if name in ("+FCLASS", "#CLS") and "+VLS" in self.settings.values:
            self.settings.values["+VLS"] = "0"  # V.253 §10.2.4: entering or leaving class 8 chooses label 0
        if name == "-SCID" and value == "1":
            self.settings.values["+VCID"] = "1"
            self.settings.values["-STE"] = str(int(self.settings.values.get("-STE", "0")) | 1)
        if name == "+VTS":
            return Action(ActionKind.SEND_TONES, keys(value))
        if name == "+VLS":
            return Action(ActionKind.OFF_HOOK if value in ("1", "4", "5", "6", "7") else ActionKind.HANG_UP)
        return Result.OK

    def _labels(self) -> list[str]:
        """Answer to +VLS=?: label, connected elements, event maps while idle, sending and receiving (V.253 §10.2.4)."""
        labels = self._personality.voice.labels if self._personality.voice else {}
        return [
            f'{label},"{_LABEL_NAMES.get(int(label), "")}",{events},{events},{events}'
            for label, events in labels.items()
        ]

    def _answer(self, _command: Command) -> Result | Action:
        return Action(ActionKind.ANSWER)

    def _dial(self, command: Command) -> Result | Action:
        return Action(ActionKind.DIAL, command.value)

    def _hook(self, command: Command) -> Result | Action:
        if command.value in ("", "0"):
            return Action(ActionKind.HANG_UP)
        return Action(ActionKind.OFF_HOOK) if command.value == "1" else Result.ERROR

    def _go_online(self, _command: Command) -> Result:
        return Result.NO_CARRIER  # there is never a data connection to go back to

    def _recall(self, command: Command) -> Result | Action:
        if command.value not in ("", "0", "1"):
            return Result.ERROR
        self.settings.recall()
        return Action(ActionKind.HANG_UP)

    def _factory(self, _command: Command) -> Result:
        self.settings.factory()
        return Result.OK

    def _store(self, _command: Command) -> Result:
        self.settings.store()
        return Result.OK

    def _view(self, _command: Command) -> Result:
        letters = " ".join(f"{name}{value}" for name, value in sorted(self.settings.basic.items()))
        registers = " ".join(f"S{number:02d}:{value:03d}" for number, value in sorted(self.settings.registers.items()))
        self._inform(["ACTIVE PROFILE:", letters, registers])
        return Result.OK

    def _repeat_caller_id(self, command: Command) -> Result | Action:
        if command.form is Form.TEST:
            self._inform(["(0,1)"])
            return Result.OK
        return Action(ActionKind.SHOW_CALLER_ID, command.value or "0")

    def _voice_transmit(self, _command: Command) -> Result:
        return self._sound_command(Mode.TRANSMITTING)

    def _voice_receive(self, _command: Command) -> Result:
        return self._sound_command(Mode.RECEIVING)  # on a line without sound nothing follows

    def _sound_command(self, mode: Mode) -> Result:
        if not self.in_voice or self._personality.voice is None or not self.can_sound():
            return Result.ERROR
        self._mode = mode
        self._after_dle = False
        return Result.CONNECT

    _HANDLERS: ClassVar[Mapping[str, Callable[[AtInterpreter, Command], Result | Action]]] = {
        "A": _answer,
        "D": _dial,
        "H": _hook,
        "O": _go_online,
        "Z": _recall,
        "&F": _factory,
        "&V": _view,
        "&W": _store,
        "+VRID": _repeat_caller_id,
        "+VTX": _voice_transmit,
        "+VRX": _voice_receive,
    }


def _ok(done: bool) -> Result:
    return Result.OK if done else Result.ERROR
