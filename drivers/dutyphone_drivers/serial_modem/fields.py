"""The spellings of caller ID: which words of a line mean number, name, date and so on.

**To teach the driver a new modem, add a row to `SPELLINGS`** and a transcript under `tests/transcripts/modem/`; see
`docs/transcripts.md`. Forms that are not `KEY = value` have rooms of their own: `rings.py` for numbers on the RING
line, `boxes.py` for boxes that put a whole call on one line, `frames.py` for hexadecimal.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum


class Kind(Enum):
    """What a field tells."""

    DATE = "date"
    TIME = "time"
    NUMBER = "number"
    DIALABLE = "dialable"  # the caller's number in the form to dial it
    NAME = "name"
    CALLED = "called"
    REDIRECTED_FROM = "redirected_from"
    NO_NUMBER = "no_number"  # the reason why there is none
    NO_NAME = "no_name"
    HEXADECIMAL = "hexadecimal"  # a message or a part of one, see `frames`
    OTHER = "other"  # kept, and says nothing about who calls


@dataclass(frozen=True, slots=True)
class Field:
    """One thing that was said. `key` is its name as the source spells it, `value` the bytes behind it."""

    kind: Kind
    key: str
    value: bytes


@dataclass(frozen=True, slots=True)
class Spelling:
    """A word before `=` or `:`, any number of blanks around it, and who writes it so."""

    word: str
    kind: Kind
    source: str


SPELLINGS = (
    Spelling("DATE", Kind.DATE, "Rockwell, Conexant, USR, Agere, Si24xx: the common form"),
    Spelling("TIME", Kind.TIME, "the common form; ZyXEL U-1496 has date and time in it"),
    Spelling("NMBR", Kind.NUMBER, "the common form"),
    Spelling("NAME", Kind.NAME, "the common form"),
    Spelling("MESG", Kind.HEXADECIMAL, "the common form, for parts without a word of their own"),
    Spelling("DDN_NMBR", Kind.DIALABLE, "Rockwell and Conexant, dialable number"),
    Spelling("NBR", Kind.NUMBER, "Kortex Adaptix 56000"),
    Spelling("REASON NO NAME", Kind.NO_NAME, "Black Box and Telenetics, AT#CID=3"),
    Spelling("REASON NO NUMBER", Kind.NO_NUMBER, "Black Box and Telenetics, AT#CID=3"),
    Spelling("QUAL", Kind.OTHER, "Black Box and Telenetics, AT#CID=3: long distance"),
    Spelling("REDIRECT", Kind.REDIRECTED_FROM, "Black Box and Telenetics, AT#CID=3"),
    Spelling("LOOKUP NAME", Kind.OTHER, "Black Box and Telenetics, AT#CID=3: name in the modem's own list"),
    Spelling("CALLBACK NMBR", Kind.OTHER, "Black Box and Telenetics, AT#CID=3: number in the modem's own list"),
    Spelling("CALLER NUMBER", Kind.NUMBER, "ZyXEL U-1496 and 2864; the Linux ISDN tty driver"),
    Spelling("CALLER NAME", Kind.NAME, "ZyXEL U-1496 and 2864"),
    Spelling("REASON FOR NO CALLER NUMBER", Kind.NO_NUMBER, "ZyXEL U-1496 and 2864"),
    Spelling("REASON FOR NO CALLER NAME", Kind.NO_NAME, "ZyXEL U-1496 and 2864"),
    Spelling("CALLED NUMBER", Kind.CALLED, "the Linux ISDN tty driver"),
    Spelling("FM", Kind.NUMBER, "ZyXEL 2864I"),
    Spelling("TO", Kind.CALLED, "ZyXEL 2864I"),
    Spelling("CID", Kind.NUMBER, "Eicon Diva, AT#CID=1...15"),
    Spelling("DAD", Kind.CALLED, "Eicon Diva, AT#CID=1...15"),
    Spelling("CALLERID", Kind.NUMBER, "USR Courier with Russian firmware"),
    Spelling("CALLER ID", Kind.NUMBER, "Westermo TD-34"),
    Spelling("CALLER'S NUMBER", Kind.NUMBER, "unnamed"),
    Spelling("DIVERTING NUMBER", Kind.REDIRECTED_FROM, "ZyXEL Omni 52k with Swedish firmware"),
    Spelling("+CLIP", Kind.NUMBER, "GSM modems, 3GPP TS 27.007 §7.11"),
    Spelling("NDID", Kind.CALLED, "iaxmodem and t38modem: number dialled"),
    Spelling("ANID", Kind.NUMBER, "iaxmodem and t38modem"),
    Spelling("CDID", Kind.OTHER, "iaxmodem: called number again"),
    Spelling("USER", Kind.OTHER, "iaxmodem"),
    Spelling("PASS", Kind.OTHER, "iaxmodem"),
)

_GLUED = frozenset({"DATE", "TIME", "NMBR", "NAME", "MESG", "DDN_NMBR"})
"""These are known even with their line end lost, that is right behind the value before them."""

_BY_WORD = {spelling.word: spelling for spelling in SPELLINGS}
_KEY = re.compile(
    rb"(?P<word>%s)[ \t]*(?P<sign>[=:])[ \t]*"
    % b"|".join(re.escape(word.encode()) for word in sorted(_BY_WORD, key=len, reverse=True)),
    re.IGNORECASE,
)
_WORD_BYTE = re.compile(rb"[A-Za-z0-9_'+]")
_CLIP = re.compile(rb'^\s*"?([^",]*)"?\s*(?:,(.*))?$', re.DOTALL)


def find_fields(text: bytes) -> tuple[tuple[Field, ...], bytes]:
    """The fields in a line, in order, and what stood before the first of them.

    Several fields may share a line, with or without a blank between them. A word that was already seen in the line,
    or is followed by the other of `=` and `:`, is part of a value.
    """
    heads: list[re.Match[bytes]] = []
    for match in _KEY.finditer(text):
        if _begins_a_field(text, match, heads):
            heads.append(match)
    if not heads:
        return (), text
    ends = [head.start() for head in heads[1:]] + [len(text)]
    fields = [_field(head, text[head.end() : end]) for head, end in zip(heads, ends, strict=True)]
    return tuple(field for parts in fields for field in parts), text[: heads[0].start()]


def _begins_a_field(text: bytes, match: re.Match[bytes], before: list[re.Match[bytes]]) -> bool:
    at = match.start()
    word = match["word"]
    apart = at == 0 or not _WORD_BYTE.match(text, at - 1)
    glued = word.decode() in _GLUED and match["sign"] == b"="
    if not before:
        return at == 0 or (apart and glued)
    if match["sign"] != before[0]["sign"] or word.upper() in {head["word"].upper() for head in before}:
        return False
    return glued or (apart and text[at - 1 : at].isspace())


def _field(head: re.Match[bytes], value: bytes) -> list[Field]:
    spelling = _BY_WORD[head["word"].decode().upper()]
    value = value.strip(b" \t\x00")
    if spelling.word == "+CLIP" and (clip := _CLIP.match(value)):
        fields = [Field(Kind.NUMBER, "+CLIP", clip[1])]
        if clip[2]:
            fields.append(Field(Kind.OTHER, "+CLIP,", clip[2]))
        return fields
    if spelling.kind in (Kind.NUMBER, Kind.CALLED):
        value = value.strip(b"'\"")
    return [Field(spelling.kind, spelling.word, value)]
