"""What a modem remembers: the numbers of its basic commands, its S registers, the values of its extended commands.

Pure. A power cycle and ATZ bring back what AT&W stored; extended commands such as +VCID are not stored by the modems
simulated here, which is why every replug turns caller ID off.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from dutyphone_simulators.personality import Personality

BASIC_MAXIMUM: Mapping[str, int] = {
    "B": 30, "C": 1, "E": 1, "F": 30, "L": 3, "M": 3, "N": 5, "P": 0, "Q": 1, "T": 0, "V": 1, "W": 2, "X": 4, "Y": 1,
    "&C": 1, "&D": 3, "&G": 2, "&K": 6, "&P": 3, "&Q": 9, "&R": 1, "&S": 1, "&T": 8, "&X": 2, "&Y": 1,
    "\\A": 3, "\\B": 9, "\\G": 1, "\\J": 1, "\\K": 5, "\\N": 5, "\\V": 1, "%C": 3, "%E": 2,
}  # fmt: skip
"""Commands of a letter and a number that are only kept, and the largest number."""

_BASIC_DEFAULTS: Mapping[str, int] = {"E": 1, "Q": 0, "V": 1, "X": 4, "L": 1, "M": 1, "&C": 1, "&D": 2, "&K": 3}

END_OF_LINE, LINE_FEED, BACKSPACE = 3, 4, 5
"""The registers that hold characters (V.250 §6.2.1 to §6.2.3), 0 to 127."""

RING_COUNT = 1


class ModemSettings:
    """The settings of one modem with a `personality`, as after power came on for the first time."""

    def __init__(self, personality: Personality) -> None:
        self._personality = personality
        self.basic: dict[str, int] = {}
        self.registers: dict[int, int] = {}
        self.values: dict[str, str] = {}
        self._stored: tuple[Mapping[str, int], Mapping[int, int]] = (_BASIC_DEFAULTS, personality.registers)
        self.recall()

    def recall(self) -> None:
        """Go back to what was stored (ATZ, power)."""
        self._put(*self._stored)

    def factory(self) -> None:
        """Go back to what the maker set (AT&F)."""
        self._put(_BASIC_DEFAULTS, self._personality.registers)

    def store(self) -> None:
        """Keep the basic commands and registers over a power cycle (AT&W)."""
        self._stored = (dict(self.basic), dict(self.registers))

    def forget(self) -> None:
        """Lose what was stored and start like new."""
        self._stored = (_BASIC_DEFAULTS, self._personality.registers)
        self.recall()

    def switch_back(self, names: Iterable[str]) -> None:
        """Lose the values of these extended commands and nothing else."""
        self.values |= {name: self._personality.settings[name].default for name in names}

    def keep_basic(self, name: str, value: str) -> bool:
        """Set a basic command; False if the number is too large."""
        number = int(value or 0)
        if number <= BASIC_MAXIMUM[name]:
            self.basic[name] = number
            return True
        return False

    def keep_register(self, number: int, value: str) -> bool:
        """Set an S register; False if there is none of that number or the value is too large."""
        wanted = int(value or 0)
        characters = number in (END_OF_LINE, LINE_FEED, BACKSPACE)
        if number > 255 or wanted > (127 if characters else 255):
            return False
        self.registers[number] = wanted
        return True

    def switched(self, switch: tuple[str, int] | None) -> bool:
        """Whether the bit of a command's value is set; True if there is no such condition."""
        if switch is None:
            return True
        value = self.values.get(switch[0], "0")
        return value.isdecimal() and bool(int(value) >> switch[1] & 1)

    def equals(self, assignment: str) -> bool:
        """Whether `S41=1` or `-SDR=7` is how the modem stands now; False for ""."""
        name, _, value = assignment.partition("=")
        if name.startswith("S") and name[1:].isdecimal():
            return str(self.registers.get(int(name[1:]), 0)) == value
        return bool(name) and self.values.get(name) == value

    @property
    def line_end(self) -> bytes:
        """The characters of S3 and S4."""
        return bytes([self.registers[END_OF_LINE], self.registers[LINE_FEED]])

    def _put(self, basic: Mapping[str, int], registers: Mapping[int, int]) -> None:
        self.basic = dict(basic)
        self.registers = dict(registers)
        self.values = {name: setting.default for name, setting in self._personality.settings.items()}
