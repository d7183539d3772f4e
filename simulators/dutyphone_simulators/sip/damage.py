"""What can be wrong with a message: each kind of damage done to one that was whole."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Mapping
from enum import Enum


class Damage(Enum):
    """One way to be malformed."""

    TRUNCATED = "truncated"  # cut off anywhere
    FLIPPED = "flipped"  # some bits changed
    RANDOM = "random"  # no message at all
    EMPTY = "empty"  # nothing but line ends
    NO_VIA = "no_via"
    NO_FROM = "no_from"
    NO_TO = "no_to"
    NO_CALL_ID = "no_call_id"
    NO_CSEQ = "no_cseq"
    OTHER_METHOD = "other_method"  # CSeq names another method than the request line
    LENGTH_TOO_LARGE = "length_too_large"  # the body ends before it should
    LENGTH_NEGATIVE = "length_negative"
    LENGTH_WORD = "length_word"  # not a number
    CSEQ_TOO_LARGE = "cseq_too_large"
    VERSION = "version"  # SIP/7.0
    UNKNOWN_SCHEME = "unknown_scheme"  # neither sip nor sips nor tel
    OPEN_QUOTE = "open_quote"  # a name whose quote never closes
    OPEN_BRACKET = "open_bracket"
    NUL = "nul"  # NUL bytes between the headers
    BROKEN_UTF8 = "broken_utf8"
    LONG_NAME = "long_name"  # a display name of 20,000 characters
    MANY_HEADERS = "many_headers"  # 2,000 of them
    BARE_LF = "bare_lf"  # lines that end in LF alone
    NO_END = "no_end"  # the headers never end
    TYPE = "type"  # a Content-Type that is none


def damaged(whole: bytes, kind: Damage, chance: random.Random) -> bytes:
    """`whole`, damaged in that way."""
    return _DAMAGES[kind](whole, chance)


def _without(name: bytes) -> Callable[[bytes, random.Random], bytes]:
    return lambda whole, _chance: re.sub(rb"(?m)^" + name + rb":[^\r]*\r\n", b"", whole, count=1)


def _instead(pattern: bytes, text: bytes) -> Callable[[bytes, random.Random], bytes]:
    return lambda whole, _chance: re.sub(pattern, lambda _found: text, whole, count=1)


def _truncated(whole: bytes, chance: random.Random) -> bytes:
    return whole[: chance.randrange(1, len(whole))]


def _flipped(whole: bytes, chance: random.Random) -> bytes:
    changed = bytearray(whole)
    for _flip in range(chance.randrange(1, 12)):
        changed[chance.randrange(len(changed))] ^= 1 << chance.randrange(8)
    return bytes(changed)


_DAMAGES: Mapping[Damage, Callable[[bytes, random.Random], bytes]] = {
    Damage.TRUNCATED: _truncated,
    Damage.FLIPPED: _flipped,
    Damage.RANDOM: lambda _whole, chance: chance.randbytes(chance.randrange(1, 900)),
    Damage.EMPTY: lambda _whole, _chance: b"\r\n\r\n\r\n",
    Damage.NO_VIA: _without(b"Via"),
    Damage.NO_FROM: _without(b"From"),
    Damage.NO_TO: _without(b"To"),
    Damage.NO_CALL_ID: _without(b"Call-ID"),
    Damage.NO_CSEQ: _without(b"CSeq"),
    Damage.OTHER_METHOD: _instead(rb"CSeq: (\d+) INVITE", b"CSeq: 1 OPTIONS"),
    Damage.LENGTH_TOO_LARGE: _instead(rb"Content-Length: \d+", b"Content-Length: 9999"),
    Damage.LENGTH_NEGATIVE: _instead(rb"Content-Length: \d+", b"Content-Length: -999"),
    Damage.LENGTH_WORD: _instead(rb"Content-Length: \d+", b"Content-Length: many"),
    Damage.CSEQ_TOO_LARGE: _instead(rb"CSeq: \d+", b"CSeq: 36893488147419103232"),
    Damage.VERSION: _instead(rb"SIP/2\.0\r\n", b"SIP/7.0\r\n"),
    Damage.UNKNOWN_SCHEME: _instead(rb"From: .*", b"From: <soap.beep://01055509998>;tag=soap"),
    Damage.OPEN_QUOTE: _instead(rb"From: \"[^\"]*\"", b'From: "never closed'),
    Damage.OPEN_BRACKET: _instead(rb"From: ([^>\r]*)>", b"From: <sip:01055509998@exchange.invalid"),
    Damage.NUL: _instead(rb"\r\nMax-Forwards", b"\r\n\0\0\0\r\nMax-Forwards"),
    Damage.BROKEN_UTF8: _instead(rb'From: "[^"]*"', b'From: "\xc3\x28\xff\xfe\xe5\xbc"'),
    Damage.LONG_NAME: _instead(rb'From: "[^"]*"', b'From: "' + b"x" * 20_000 + b'"'),
    Damage.MANY_HEADERS: _instead(rb"\r\nMax-Forwards", b"\r\nX-More: 1" * 2000 + b"\r\nMax-Forwards"),
    Damage.BARE_LF: lambda whole, _chance: whole.replace(b"\r\n", b"\n"),
    Damage.NO_END: lambda whole, _chance: whole.partition(b"\r\n\r\n")[0],
    Damage.TYPE: _instead(rb"Content-Type: [^\r]*", b"Content-Type: ;;=/"),
}
