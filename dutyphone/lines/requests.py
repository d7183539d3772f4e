"""What people may ask of a line, where its driver can do more than listen. Any of it may be refused.

A request travels the other way than line events: from the console through the journal and the recorder to the driver
(see `dutyphone.lines.driver.Obeying`). What became of it comes back as one `RequestAnswered`.
"""

from __future__ import annotations

from dataclasses import dataclass

LONGEST_NUMBER = 64
"""Characters of a number or address to dial."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LineRequest:
    """Anything asked of a line. `request` is its id, for ever."""

    request: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Dial(LineRequest):
    """Call `number`: digits, `*` and `#` as on a telephone, service codes such as `*57*13900001234#` included."""

    number: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CallRequest(LineRequest):
    """Anything asked about one call that is there; `call_ref` is the line's own name for it."""

    call_ref: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer(CallRequest):
    """Take the call here: whoever calls hears the announcement of the line, or silence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HangUp(CallRequest):
    """End a call that was taken or dialled here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refuse(CallRequest):
    """Do not take the call. `everywhere` False: only we are busy (486); True: no telephone will take it (603)."""

    everywhere: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Redirect(CallRequest):
    """Send the caller on to `target` (302), which must be one of those the configuration lists."""

    target: str
