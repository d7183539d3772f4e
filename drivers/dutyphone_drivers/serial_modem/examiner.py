"""Examines the modem at a port: `ExaminingCore` in the port thread, and the options that follow from what it found."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet

from dutyphone.lines.examination import Certainty, Claim, Examination, Power
from dutyphone_drivers.serial_modem.examine import ExaminingCore
from dutyphone_drivers.serial_modem.port import SerialModem


class ModemExaminer(SerialModem):
    """A `dutyphone.lines.driver.LineExaminer` at a serial port."""

    def __init__(self, core: ExaminingCore, *, port: str, baud: int, options: Mapping[str, object]) -> None:
        """`options` are those of the line, checked, with defaults."""
        super().__init__(core, port=port, baud=baud)
        self._examining = core
        self._options = options

    def examination(self) -> Examination | None:
        """What the modem said."""
        return self._examining.result

    def trial_options(self) -> Mapping[str, object]:
        """The recognised family, and class 8 if the modem may tell more there."""
        found = self._examining.result
        return self._news(found, {"idle_class": 8 if self._may_tell_more(found) else 0}) if found is not None else {}

    def settled_options(self, seen: AbstractSet[Power]) -> Mapping[str, object]:
        """As tried if the handset was seen so, else class 0; what is set so already is left out."""
        found = self._examining.result
        if found is None:
            return {}
        proved = Power.HANDSET in seen
        idle_class = 8 if proved and self._may_tell_more(found) else 0
        return self._news(found, {"idle_class": idle_class, "hook_proved": proved})

    def _may_tell_more(self, found: Examination) -> bool:
        """Whether class 8 is worth trying."""
        none = Claim(certainty=Certainty.NO)
        handset = found.claims.get(Power.HANDSET, none).certainty
        digits = found.claims.get(Power.DIALLED_DIGITS, none).certainty
        hopes = (Certainty.CLAIMED, Certainty.OTHERWISE)
        return bool(self._examining.profile.class8) and (
            handset in hopes or digits in hopes or handset is Certainty.UNKNOWN
        )

    def _news(self, found: Examination, wanted: Mapping[str, object]) -> Mapping[str, object]:
        """What of the family and `wanted` the line does not have yet."""
        options = {**({"profile": found.family} if found.recognised else {}), **wanted}
        return {option: value for option, value in options.items() if self._options[option] != value}
