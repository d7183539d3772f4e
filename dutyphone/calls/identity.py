"""Who calls, put together from one or several caller-ID messages of one call."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from dutyphone.calls.numbers import PhoneNumber, Site, read_number
from dutyphone.journal.facts import CallIdentified
from dutyphone.lines.events import CallerIdForm, CallerIdHeard, NameAbsence, NumberAbsence


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """What is known of the caller. `intact` is False if the message it stands on had a wrong checksum."""

    number: PhoneNumber | None
    absence: NumberAbsence | None
    name: str | None
    name_absence: NameAbsence | None
    name_bytes: bytes
    called: str | None
    redirected_from: str | None
    stamped: str | None
    form: CallerIdForm
    intact: bool | None

    def contradicts(self, other: Identity) -> bool:
        """True if both name a number, not the same one, and neither is doubtful."""
        if self.number is None or other.number is None or self.intact is False or other.intact is False:
            return False
        return self.number.number != other.number.number

    def same_number(self, other: Identity) -> bool:
        """True if both name a number and it is the same one."""
        return self.number is not None and other.number is not None and self.number.number == other.number.number

    def completed_by(self, other: Identity) -> Identity:
        """This identity with what `other` adds. What was said first stands, unless it was doubtful."""
        if self.intact is False and other.intact is not False and other.number is not None:
            return other.completed_by(replace(self, number=None))
        number = self.number or other.number
        return replace(
            self,
            number=number,
            absence=None if number else self.absence or other.absence,
            name=self.name if self.name is not None else other.name,
            name_bytes=self.name_bytes if self.name is not None else other.name_bytes,
            name_absence=None if self.name is not None or other.name is not None else self.name_absence,
            called=self.called or other.called,
            redirected_from=self.redirected_from or other.redirected_from,
            stamped=self.stamped or other.stamped,
        )

    def fact(self, call: str, at: datetime, wire: bytes) -> CallIdentified:
        """The fact that says so."""
        number = self.number
        return CallIdentified(
            at=at,
            call=call,
            wire=wire,
            number_raw=number.raw if number else None,
            number=number.number if number else None,
            kind=number.kind if number else None,
            extension=number.extension if number else None,
            absence=self.absence,
            name=self.name,
            name_absence=self.name_absence,
            name_bytes=self.name_bytes,
            called=self.called,
            redirected_from=self.redirected_from,
            stamped=self.stamped,
            form=self.form,
            intact=self.intact,
        )


def identity_of(event: CallerIdHeard, site: Site) -> Identity:
    """What one caller-ID message says, its number read as seen from `site`."""
    number = read_number(event.number, site) if event.number else None
    return Identity(
        number=number,
        absence=None if number else event.absence or NumberAbsence.NOT_SENT,
        name=event.name,
        name_absence=event.name_absence,
        name_bytes=event.name_bytes,
        called=event.called,
        redirected_from=event.redirected_from,
        stamped=event.stamped,
        form=event.form,
        intact=event.intact,
    )
