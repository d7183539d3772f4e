"""What a modem says apart from rings and caller ID: hook events, tones, digits, results.

Two tables, one for `<DLE>` codes (ITU-T V.253 table 18, Rockwell and Conexant voice commands, ZyXEL) and one for words.
To teach a new one, add a row.
"""

from __future__ import annotations

from enum import Enum

DLE = 0x10
COMPLEX_OPENS = ord("X")
COMPLEX_CLOSES = ord(".")


class Sign(Enum):
    """What was said."""

    RING = "ring"  # the word for a ring in class 8
    DIGIT = "digit"  # a DTMF digit on the line
    LOCAL_OFF_HOOK = "local_off_hook"  # the telephone behind the modem's PHONE jack was lifted
    LOCAL_ON_HOOK = "local_on_hook"
    EXTENSION_OFF_HOOK = "extension_off_hook"  # a telephone in parallel was lifted
    EXTENSION_ON_HOOK = "extension_on_hook"
    LINE_IN_USE = "line_in_use"  # another set is off-hook
    FAX_CALLING = "fax_calling"  # 1100 Hz, T.30 §4.3.3.2
    BUSY = "busy"  # busy or reorder tone: the far end is gone
    DIAL_TONE = "dial_tone"
    CONNECTED = "connected"  # the modem itself answered
    HUNG_UP = "hung_up"  # the modem itself hung up
    BURST_ENDS = "burst_ends"  # NO CARRIER: a Si24xx in data mode ends a caller-ID burst with it
    BURST_BEGINS = "burst_begins"  # CIDM: caller ID follows
    IDLE_TALK = "idle_talk"  # understood, and says nothing about a call


DLE_SIGNS: dict[int, Sign] = {
    **dict.fromkeys(b"0123456789*#ABCD", Sign.DIGIT),
    ord("R"): Sign.RING,
    ord("H"): Sign.LOCAL_OFF_HOOK,
    ord("h"): Sign.LOCAL_ON_HOOK,
    ord("P"): Sign.EXTENSION_OFF_HOOK,
    ord("p"): Sign.EXTENSION_ON_HOOK,
    ord("c"): Sign.FAX_CALLING,
    ord("m"): Sign.FAX_CALLING,
    ord("b"): Sign.BUSY,
    ord("d"): Sign.DIAL_TONE,
    ord("i"): Sign.DIAL_TONE,
    ord("/"): Sign.IDLE_TALK,  # a shielded digit begins ...
    ord("~"): Sign.IDLE_TALK,  # ... and ends: USR 5637, Si24xx
    ord("l"): Sign.IDLE_TALK,  # loop current interrupted: far end hung up, but also any flash
    ord("L"): Sign.IDLE_TALK,  # polarity reversed: before DTMF caller ID, at answer, at the end
    ord("r"): Sign.IDLE_TALK,  # ringback
    ord("q"): Sign.IDLE_TALK,  # quiet
    ord("s"): Sign.IDLE_TALK,  # silence
    ord("a"): Sign.IDLE_TALK,  # answer tone, 2100 Hz
    ord("e"): Sign.IDLE_TALK,  # data calling tone, 1300 Hz
    ord("f"): Sign.IDLE_TALK,  # data answer tone
    ord("t"): Sign.IDLE_TALK,  # text telephone
    ord("T"): Sign.IDLE_TALK,
    ord("u"): Sign.IDLE_TALK,  # transmit underrun
    ord("o"): Sign.IDLE_TALK,  # receive overrun
    ord("v"): Sign.IDLE_TALK,  # voice
    ord("V"): Sign.IDLE_TALK,
    ord("$"): Sign.IDLE_TALK,  # bong tone
    ord("J"): Sign.IDLE_TALK,  # special information tone
    0x03: Sign.IDLE_TALK,  # ETX: end of a voice stream
}

WORDS: dict[bytes, Sign] = {
    b"LINE-IN-USE": Sign.LINE_IN_USE,  # Conexant, -STE bit 0
    b"LINE IN USE": Sign.LINE_IN_USE,  # Si24xx, %V1
    b"NO LINE": Sign.IDLE_TALK,
    b"CIDM": Sign.BURST_BEGINS,  # Si24xx AN93, table 132
    b"NO CARRIER": Sign.BURST_ENDS,
    b"BUSY": Sign.BUSY,
    b"CONNECT": Sign.CONNECTED,
    b"VCON": Sign.CONNECTED,
    b"NO DIALTONE": Sign.IDLE_TALK,
    b"NO DIAL TONE": Sign.IDLE_TALK,
    b"NO ANSWER": Sign.IDLE_TALK,
    b"NO DATA": Sign.IDLE_TALK,
    b"RINGING": Sign.IDLE_TALK,
    b"RINGBACK": Sign.IDLE_TALK,
    b"DELAYED": Sign.IDLE_TALK,
    b"BLACKLISTED": Sign.IDLE_TALK,
}
"""Whole lines."""

PREFIXES: dict[bytes, Sign] = {
    b"CONNECT ": Sign.CONNECTED,
    b"+FCON": Sign.FAX_CALLING,  # class 2
    b"+FCO": Sign.FAX_CALLING,  # class 2.0
    b"+FTSI:": Sign.FAX_CALLING,  # class 2, with the station's own number in quotes
    b"+FTI:": Sign.FAX_CALLING,  # class 2.0
    b"+FHNG:": Sign.HUNG_UP,
    b"+FHS:": Sign.HUNG_UP,
    **dict.fromkeys(  # NCID: the log it begins with, and what it says beside calls
        [
            b"CIDLOG:",
            b"OUTLOG:",
            b"HUPLOG:",
            b"BLKLOG:",
            b"PIDLOG:",
            b"WIDLOG:",
            b"MSGLOG:",
            b"NOTLOG:",
            b"ENDLOG:",
            b"OPT:",
            b"END:",
            b"200 NCID",
        ],
        Sign.IDLE_TALK,
    ),
    b"VOICE CALL: BEGIN": Sign.CONNECTED,  # SIMCom
    b"VOICE CALL: END": Sign.HUNG_UP,
    b"VOICE CALL:END": Sign.HUNG_UP,
    b"MISSED_CALL:": Sign.HUNG_UP,
}
"""Beginnings of lines. The longest that fits counts."""


def word_sign(text: bytes) -> Sign | None:
    """What the line `text` says, None if it is no word of these tables."""
    upper = text.upper()
    if (sign := WORDS.get(upper)) is not None:
        return sign
    fitting = [prefix for prefix in PREFIXES if upper.startswith(prefix)]
    return PREFIXES[max(fitting, key=len)] if fitting else None


def fax_station(text: bytes) -> str | None:
    """The station number in `+FTSI:"..."`, without its padding; None if there is none."""
    __, quote, rest = text.partition(b'"')
    number, end, __ = rest.partition(b'"')
    station = number.decode("ascii", "replace").strip()
    return station if quote and end and station else None
