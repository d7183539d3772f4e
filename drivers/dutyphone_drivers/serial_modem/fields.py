"""The spellings of caller ID: which words of a line mean number, name, date and so on.

**To teach the driver a new modem, add a row to `SPELLINGS`** and a transcript under `tests/transcripts/modem/`; see
`docs/transcripts.md`. Forms that are not `KEY = value` have rooms of their own: `rings.py` for numbers on the RING
line, `boxes.py` for boxes that put a whole call on one line, `frames.py` for hexadecimal.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from itertools import pairwise


class Kind(Enum):
    """What a field tells."""

    DATE = "date"
    TIME = "time"
    NUMBER = "number"
    DIALABLE = "dialable"  # the caller's number in the form to dial it
    PERHAPS_NUMBER = "perhaps_number"  # digits under a name nobody taught us, while it rings: see `guesses`
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
    """A word before `=` or `:`, any number of blanks around it, and who writes it so.

    A blank in it may as well be `_`, `-` or nothing: CALLER ID is also CALLER_ID, CALLER-ID and CALLERID.
    """

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
    Spelling("CALLER ID", Kind.NUMBER, "Westermo TD-34; in one word: USR Courier with Russian firmware"),
    Spelling("CALLER'S NUMBER", Kind.NUMBER, "unnamed"),
    Spelling("DIVERTING NUMBER", Kind.REDIRECTED_FROM, "ZyXEL Omni 52k with Swedish firmware"),
    Spelling("+CLIP", Kind.NUMBER, "GSM modems, 3GPP TS 27.007 §7.11"),
    Spelling("+CCWA", Kind.NUMBER, "GSM modems, call waiting, 3GPP TS 27.007 §7.12"),
    Spelling("NDID", Kind.CALLED, "iaxmodem and t38modem: number dialled"),
    Spelling("ANID", Kind.NUMBER, "iaxmodem and t38modem"),
    Spelling("CDID", Kind.OTHER, "iaxmodem: called number again"),
    Spelling("USER", Kind.OTHER, "iaxmodem"),
    Spelling("PASS", Kind.OTHER, "iaxmodem"),
    Spelling("DDN", Kind.DIALABLE, "the dialable number, cut short: read by NCID"),
    Spelling("NUMBER", Kind.NUMBER, "terminal adapters and caller-ID boxes, with Name, Date and Time"),
    Spelling("NUM", Kind.NUMBER, "caller-ID boxes"),
    Spelling("NO", Kind.NUMBER, "caller-ID boxes"),
    Spelling("PHONE", Kind.NUMBER, "caller-ID boxes"),
    Spelling("PHONE NUMBER", Kind.NUMBER, "caller-ID boxes"),
    Spelling("TEL", Kind.NUMBER, "caller-ID boxes"),
    Spelling("CALLER", Kind.NUMBER, "terminal adapters"),
    Spelling("CALLER NO", Kind.NUMBER, "terminal adapters"),
    Spelling("CALLER NUM", Kind.NUMBER, "terminal adapters"),
    Spelling("CALLER NMBR", Kind.NUMBER, "terminal adapters"),
    Spelling("CALLING NUMBER", Kind.NUMBER, "ISDN terminal adapters"),
    Spelling("CALLING PARTY", Kind.NUMBER, "ISDN terminal adapters, ITU-T Q.931 §4.5.10"),
    Spelling("CALLING PARTY NUMBER", Kind.NUMBER, "ISDN terminal adapters, ITU-T Q.931 §4.5.10"),
    Spelling("CPN", Kind.NUMBER, "calling party number"),
    Spelling("ANI", Kind.NUMBER, "exchanges: automatic number identification"),
    Spelling("CLI", Kind.NUMBER, "British exchanges: calling line identity"),
    Spelling("CLID", Kind.NUMBER, "calling line identification"),
    Spelling("CLIP", Kind.NUMBER, "ETSI EN 300 089: calling line identification presentation"),
    Spelling("CND", Kind.NUMBER, "calling number delivery"),
    Spelling("CID NUMBER", Kind.NUMBER, "telephone adapters"),
    Spelling("CID NUM", Kind.NUMBER, "telephone adapters"),
    Spelling("CID NMBR", Kind.NUMBER, "telephone adapters"),
    Spelling("FROM", Kind.NUMBER, "telephone adapters; may hold a SIP address, RFC 3261 §20.20"),
    Spelling("CNAM", Kind.NAME, "exchanges: calling name"),
    Spelling("NAM", Kind.NAME, "the common form, cut short"),
    Spelling("CID NAME", Kind.NAME, "telephone adapters"),
    Spelling("CALLER'S NAME", Kind.NAME, "beside CALLER'S NUMBER"),
    Spelling("CALLING NAME", Kind.NAME, "exchanges"),
    Spelling("CALLING PARTY NAME", Kind.NAME, "exchanges"),
    Spelling("CALLED", Kind.CALLED, "terminal adapters"),
    Spelling("CALLED ID", Kind.CALLED, "beside CALLER ID"),
    Spelling("CDN", Kind.CALLED, "called number, beside CPN"),
    Spelling("CALLED NO", Kind.CALLED, "terminal adapters"),
    Spelling("CALLED PARTY NUMBER", Kind.CALLED, "ISDN terminal adapters, ITU-T Q.931 §4.5.8"),
    Spelling("DNIS", Kind.CALLED, "exchanges: dialled number"),
    Spelling("RDNIS", Kind.REDIRECTED_FROM, "exchanges: redirecting number"),
    Spelling("REDIRECTING NUMBER", Kind.REDIRECTED_FROM, "ISDN terminal adapters"),
    Spelling("来电号码", Kind.NUMBER, "Chinese caller-ID boxes; GB2312 or UTF-8, the colon in either width"),
    Spelling("主叫号码", Kind.NUMBER, "Chinese exchanges"),
    Spelling("来电", Kind.NUMBER, "Chinese caller-ID boxes"),
    Spelling("主叫", Kind.NUMBER, "Chinese exchanges"),
    Spelling("号码", Kind.NUMBER, "Chinese caller-ID boxes"),
    Spelling("被叫号码", Kind.CALLED, "Chinese exchanges"),
    Spelling("被叫", Kind.CALLED, "Chinese exchanges"),
    Spelling("姓名", Kind.NAME, "Chinese caller-ID boxes"),
    Spelling("日期", Kind.DATE, "Chinese caller-ID boxes"),
    Spelling("时间", Kind.TIME, "Chinese caller-ID boxes"),
)

_GLUED = frozenset({b"DATE", b"TIME", b"NMBR", b"NAME", b"MESG", b"DDN_NMBR"})
"""These are known even with their line end lost, that is right behind the value before them."""

_ENCODINGS = ("utf-8", "gb18030")
_GAP = rb"[ _-]?"


def _looked_up(word: bytes) -> bytes:
    """`word` without what may be in it or not."""
    return word.upper().translate(None, b" _-")


def _pattern(word: bytes) -> bytes:
    return _GAP.join(re.escape(part) for part in re.split(rb"[ _]", word))


_WRITTEN = {spelling.word.encode(code): spelling for spelling in SPELLINGS for code in _ENCODINGS}
_BY_WORD = {_looked_up(word): spelling for word, spelling in _WRITTEN.items()}
_KEY = re.compile(
    rb"(?P<word>%s)[ \t]*(?P<sign>=|:|\xa3\xba|\xef\xbc\x9a)[ \t]*"
    % b"|".join(_pattern(word) for word in sorted(_WRITTEN, key=len, reverse=True)),
    re.IGNORECASE,
)
"""The last two signs are the wide colon of Chinese text, in GB2312 and in UTF-8."""
_WORD_BYTE = re.compile(rb"[A-Za-z0-9_'+]")
_BETWEEN = b" \t,;|"
"""What may stand between two fields of a line."""
_GSM_PART = re.compile(rb'(?:^|,)\s*(?:"([^"]*)"|([^,]*))')
_UCS2_NUMBER = re.compile(rb"(?:00(?:3\d|2[ABab])){3,}")
"""Digits as UCS-2 in hexadecimal: a GSM modem after AT+CSCS="UCS2", 3GPP TS 27.007 §5.5."""
_GSM_NAME_AT = {"+CLIP": 4, "+CCWA": 3}
_GSM_VALIDITY = {b"1": b"P", b"2": b"O", b"3": b"C", b"4": b"O"}
"""Withheld, not available, payphone, unavailable (3GPP TS 27.007 §7.11), as the letters of GR-30."""
_NAME_AND_NUMBER = re.compile(
    rb"(?P<name>[^<>]*?)\s*<(?:(?:sips?|tel):(?P<user>[^<>@;]*)|(?P<digits>[^<>@;]*\d[^<>@;]*))[^<>]*>.*", re.I
)
_ADDRESS = re.compile(rb"(?:sips?|tel):(?P<user>[^@;]+).*", re.I)


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
    values = [text[one.end() : two.start()].rstrip(_BETWEEN) for one, two in pairwise(heads)]
    values.append(text[heads[-1].end() :])
    fields = [_fields(head, value) for head, value in zip(heads, values, strict=True)]
    return tuple(field for parts in fields for field in parts), text[: heads[0].start()]


def _begins_a_field(text: bytes, match: re.Match[bytes], before: list[re.Match[bytes]]) -> bool:
    at = match.start()
    word = match["word"]
    apart = at == 0 or not _WORD_BYTE.match(text, at - 1)
    glued = word in _GLUED and (match["sign"] == b"=" or text[max(0, at - 1) : at].isdigit())
    if not before:
        return at == 0 or (apart and glued)
    if match["sign"] != before[0]["sign"] or word.upper() in {head["word"].upper() for head in before}:
        return False
    return glued or (apart and text[at - 1] in _BETWEEN)


def _fields(head: re.Match[bytes], value: bytes) -> list[Field]:
    spelling = _BY_WORD[_looked_up(head["word"])]
    value = value.strip(b" \t\x00")
    if spelling.word in _GSM_NAME_AT:
        return _gsm(spelling.word, value)
    match spelling.kind:
        case Kind.NUMBER:
            return _number(spelling.word, value)
        case Kind.CALLED:
            value = value.strip(b"'\"")
        case Kind.NAME if len(value) > 1 and value[:1] == value[-1:] == b'"':
            value = value[1:-1]
    return [Field(spelling.kind, spelling.word, value)]


def _number(word: str, value: bytes) -> list[Field]:
    """`01055501234`, `"01055501234"`, `"ZHANG SAN" <01055501234>`, `<sip:01055501234@10.0.0.1>`."""
    if b"<" in value and (match := _NAME_AND_NUMBER.fullmatch(value)):
        fields = [Field(Kind.NUMBER, word, match["user"] if match["user"] is not None else match["digits"])]
        if name := match["name"].strip(b" \t'\""):
            fields.append(Field(Kind.NAME, f"{word}<", name))
        return fields
    value = value.strip(b"'\"")
    if match := _ADDRESS.fullmatch(value):
        value = match["user"]
    return [Field(Kind.NUMBER, word, value)]


def _gsm(word: str, value: bytes) -> list[Field]:
    """`"13900001234",161,"",,"ZHANG SAN",0`: number, type, then by place the name and how valid the number is."""
    parts = [quoted or bare.strip(b' "') for quoted, bare in _GSM_PART.findall(value)]
    if parts and _UCS2_NUMBER.fullmatch(parts[0]):
        parts = [_from_ucs2(part) for part in parts]
    name, validity = [*parts, *[b""] * 6][_GSM_NAME_AT[word] :][:2]
    fields = [Field(Kind.NUMBER, word, parts[0] if parts else b"")]
    if not fields[0].value and (why := _GSM_VALIDITY.get(validity)):
        fields.append(Field(Kind.NO_NUMBER, f"{word},", why))
    if name:
        fields.append(Field(Kind.NAME, f"{word},", name))
    if rest := value.partition(b",")[2]:
        fields.append(Field(Kind.OTHER, f"{word},", rest))
    return fields


def _from_ucs2(part: bytes) -> bytes:
    """`part` as UTF-8 if it is UCS-2 in hexadecimal, else as it is."""
    if not part or len(part) % 4 or not re.fullmatch(rb"[0-9A-Fa-f]+", part):
        return part
    return bytes.fromhex(part.decode("ascii")).decode("utf-16-be", "replace").encode("utf-8")
