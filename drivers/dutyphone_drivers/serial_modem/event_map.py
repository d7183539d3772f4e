"""The event maps of a voice modem: which happenings on the line it says it can report (ITU-T V.253 §9.1, table 17).

`AT+VLS=?` answers a line a label: `0,"",B084008000,...`. The first map is that of the idle state; bit 0 is the most
significant bit of its first digit.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from dutyphone.i18n import N_, _

DTMF = 4
FAX_CALLING = 6
LOCAL_HOOK = 8
EXTENSION_HOOK = 24

EVENTS: Mapping[int, str] = {
    0: N_("caller ID"),
    1: N_("direct inward dialling"),
    2: N_("distinctive ring"),
    3: N_("ring"),
    DTMF: N_("keys of a telephone"),
    5: N_("receive overrun"),
    FAX_CALLING: N_("fax calling tone"),
    7: N_("data calling tone"),
    LOCAL_HOOK: N_("handset of the telephone behind the modem"),
    9: N_("presumed hang-up"),
    10: N_("quiet"),
    11: N_("special information tone"),
    12: N_("bong tone"),
    13: N_("loop current interrupted"),
    14: N_("polarity reversed"),
    15: N_("call waiting"),
    17: N_("text telephone"),
    18: N_("ringback tone"),
    19: N_("busy tone"),
    20: N_("dial tone"),
    21: N_("reorder tone"),
    22: N_("V.21 flags"),
    23: N_("transmit underrun"),
    EXTENSION_HOOK: N_("handset of any telephone on the line"),
    25: N_("answer tone"),
    26: N_("data answer tone"),
    27: N_("voice"),
    28: N_("caller ID of a waiting call"),
    32: N_("fax answer tone"),
}
"""The bits that have a meaning."""

_LABEL = re.compile(r'^(?:\+VLS:)?\s*\(?(\d{1,3})\s*,\s*(?:"[^"]*"|[^,"]*)\s*,\s*"?([0-9A-F]{2,20})\b', re.IGNORECASE)


def idle_maps(answer: Iterable[str]) -> dict[int, str]:
    """The idle map of every label in the answer to `AT+VLS=?`; lines of another form are left out."""
    return {int(found[1]): found[2].upper() for line in answer if (found := _LABEL.match(line.strip()))}


def bits(event_map: str) -> frozenset[int]:
    """The numbers of the events in `event_map`, hexadecimal digits."""
    return frozenset(
        4 * place + bit for place, digit in enumerate(event_map) for bit in range(4) if int(digit, 16) >> (3 - bit) & 1
    )


def in_words(event_map: str) -> str:
    """What a modem with `event_map` says it can report, for people."""
    return _(", ").join(_(EVENTS[number]) for number in sorted(bits(event_map)) if number in EVENTS) or _("nothing")
