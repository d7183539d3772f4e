"""Boxes that are no modems and put a call, or a step of one, on one line.

**To teach a new box, add a function to `BOXES`**: it takes a line and gives a `Record`, or None if the line is not its
own.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from dutyphone_drivers.serial_modem.fields import Field, Kind


class Step(Enum):
    """What a record says."""

    CALLER_ID = "caller_id"  # somebody calls; the box may be unable to tell rings
    RING = "ring"
    OFF_HOOK = "off_hook"
    ON_HOOK = "on_hook"
    FLASH = "flash"
    CALL_OVER = "call_over"  # the whole call again, after its end
    OVER = "over"  # whatever was going on, nothing more is
    DIALLED = "dialled"
    DIALLED_CALL_OVER = "dialled_call_over"


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One line of a box. `channel` is its telephone line if it says so; `rings_told` if it reports rings and hooks."""

    step: Step
    channel: str = ""
    fields: tuple[Field, ...] = ()
    digits: str = ""
    intact: bool | None = None
    rings_told: bool = False


_NET_CALLER_ID = re.compile(rb"(?:CALL: )?#{3}(?P<body>DATE.*?)\+{3}\s*$", re.DOTALL)
_NET_PART = re.compile(rb"(DATE|NMBR|NAME|LINE|CALL)(.*?)(?:\.{3}|$)", re.DOTALL)


def net_caller_id(text: bytes) -> Record | None:
    """`###DATE03301423...NMBR4075550100...NAMESOMEBODY+++`: NetCallerID, 4800 8N1; gateways of NCID with `CALL: `."""
    match = _NET_CALLER_ID.match(text)
    if match is None:
        return None
    parts: dict[bytes, bytes] = dict(_NET_PART.findall(match["body"]))
    if parts.get(b"CALL") == b"OUT":
        return Record(step=Step.DIALLED, digits=parts.get(b"NMBR", b"").decode("ascii", "replace"))
    stamp = parts.get(b"DATE", b"")
    fields = (
        Field(Kind.DATE, "DATE", stamp[:4]),
        Field(Kind.TIME, "TIME", stamp[4:8]),
        Field(Kind.NUMBER, "NMBR", parts.get(b"NMBR", b"").strip()),
        Field(Kind.NAME, "NAME", parts.get(b"NAME", b"").strip()),
    )
    return Record(step=Step.CALLER_ID, fields=fields)


_TCI = re.compile(
    rb"\$?(?P<channel>\d\d)\s{2,}(?P<date>\s?\d{1,2}/\d\d)\s+(?P<time>\s?\d{1,2}:\d\d\s[AP]M)\s+"
    rb"(?P<number>\S+(?: \S+)*?)(?:\s{2,}(?P<name>\S.*?))?\s*$",
    re.DOTALL,
)


def tci(text: bytes) -> Record | None:
    """Fixed columns: line, date, time, number, name. TCI serial boxes and those that imitate them."""
    match = _TCI.match(text)
    if match is None:
        return None
    return Record(step=Step.CALLER_ID, channel=match["channel"].decode(), fields=_call_fields(match))


_LIMITED = re.compile(
    rb"\$(?P<channel>\d\d)\s+(?P<date>\d{1,2}/\d\d)\s+(?P<time>\d{1,2}:\d\d [AP]M)\s+(?P<number>\S+)\s+"
    rb"(?P<way>[IO])\b\s*(?P<name>.*?)\s*$",
    re.DOTALL,
)


def whozz_calling_limited(text: bytes) -> Record | None:
    """`$01 09/26 02:30 PM 8005550100 I NAME`: Whozz Calling, limited format."""
    match = _LIMITED.match(text)
    if match is None:
        return None
    channel = match["channel"].decode()
    if match["way"] == b"O":
        return Record(step=Step.DIALLED, channel=channel, digits=match["number"].decode("ascii", "replace"))
    return Record(step=Step.CALLER_ID, channel=channel, fields=_call_fields(match))


_COMPREHENSIVE = re.compile(
    rb"(?P<channel>\d\d) (?P<way>[IO]) (?P<end>[SE]) (?P<seconds>\d{4}) (?P<sum>[GB]) (?P<rings>[A-Z]\d) "
    rb"(?P<date>[ \d]\d/\d\d) (?P<time>[ \d]\d:\d\d [AP]M) (?P<number>.{1,14}?)(?:\s+(?P<name>\S.*?))?\s*$",
    re.DOTALL,
)


def whozz_calling(text: bytes) -> Record | None:
    """`01 I S 0000 G A0 09/26 11:28 AM 800-555-0100 NAME`: Whozz Calling, start and end of a call."""
    match = _COMPREHENSIVE.match(text)
    if match is None:
        return None
    channel = match["channel"].decode()
    starts = match["end"] == b"S"
    if match["way"] == b"O":
        digits = match["number"].decode("ascii", "replace").strip()
        step = Step.DIALLED if starts else Step.DIALLED_CALL_OVER
        return Record(step=step, channel=channel, digits=digits, rings_told=True)
    step = Step.CALLER_ID if starts else Step.CALL_OVER
    fields = _call_fields(match)
    return Record(step=step, channel=channel, fields=fields, intact=match["sum"] == b"G", rings_told=True)


_DETAIL = re.compile(rb"(?P<channel>\d\d) (?P<what>[RFNH])\s+\d{1,2}/\d\d \d\d:\d\d:\d\d\s*$")
_DETAILS = {b"R": Step.RING, b"F": Step.OFF_HOOK, b"N": Step.ON_HOOK, b"H": Step.FLASH}


def whozz_calling_detail(text: bytes) -> Record | None:
    """`01 F     11/07 17:45:04`: Whozz Calling, first ring (R), off-hook (F), on-hook (N), hook flash (H)."""
    match = _DETAIL.match(text)
    if match is None:
        return None
    return Record(step=_DETAILS[match["what"]], channel=match["channel"].decode(), rings_told=True)


_NCID = re.compile(rb"(?P<what>CID|OUT|HUP|BLK|PID|WID|RID): ?\*(?P<body>DATE\*.*)", re.DOTALL)
_NCID_KINDS = {
    b"DATE": Kind.DATE,
    b"TIME": Kind.TIME,
    b"NMBR": Kind.NUMBER,
    b"NAME": Kind.NAME,
    b"MESG": Kind.OTHER,
}


_NCID_RINGS = re.compile(rb"CIDINFO: ?\*LINE\*(?P<line>[^*]*)\*RING\*(?P<count>-?\d{1,4})\b.*", re.DOTALL)


def ncid(text: bytes) -> Record | None:
    """`CID: *DATE*11222026*TIME*0310*LINE*POTS*NMBR*01055500100*MESG*NONE*NAME*SOMEBODY*`: an NCID server's feed.

    `CIDINFO: *LINE*POTS*RING*1*TIME*03:10:02*` counts the rings; zero and less is the end of them, or of the call.
    """
    if match := _NCID_RINGS.fullmatch(text):
        step = Step.RING if int(match["count"]) > 0 else Step.OVER
        return Record(step=step, channel=match["line"].decode("ascii", "replace"))
    match = _NCID.fullmatch(text)
    if match is None:
        return None
    words = match["body"].split(b"*")
    parts = dict(zip(words[::2], words[1::2], strict=False))
    channel = parts.get(b"LINE", b"").decode("ascii", "replace")
    if match["what"] == b"OUT":
        return Record(step=Step.DIALLED, channel=channel, digits=parts.get(b"NMBR", b"").decode("ascii", "replace"))
    fields = tuple(Field(kind, word.decode(), parts[word]) for word, kind in _NCID_KINDS.items() if word in parts)
    return Record(step=Step.CALLER_ID, channel=channel, fields=fields)


_WEEDER = re.compile(
    rb"(?P<way>[IO])(?P<date>\d\d/\d\d) (?P<time>\d\d:\d\d) (?P<number>\S+)(?: +(?P<name>\S.*?))?\s*", re.DOTALL
)


def weeder(text: bytes) -> Record | None:
    """`I03/18 22:05 010-5550-0100 SOMEBODY`: Weeder Technologies telephone interface; O for dialled numbers."""
    match = _WEEDER.fullmatch(text)
    if match is None:
        return None
    if match["way"] == b"O":
        return Record(step=Step.DIALLED, digits=match["number"].decode("ascii", "replace"))
    return Record(step=Step.CALLER_ID, fields=_call_fields(match))


_SMDR = re.compile(
    rb"""(?P<date>\s?\d{1,2}/\d\d/\d\d)\s+(?P<time>\d{1,2}:\d\d(?:\ ?[AP]M)?)\s+
    (?:\*?\d{2,5}\s+)?(?P<channel>\d{2,4})\s+
    <I>\s*(?P<name>[^\d\s+](?:[^\d]*[^\d\s])?)?\s*(?P<number>[\d+*\#-]*)
    (?:\s+\d'\d\d)?(?:\s+\d\d:\d\d'\d\d)?(?:\s+(?P<code>RC|AN|NA)|\s+\S+)*\s*""",
    re.DOTALL | re.VERBOSE,
)
_SMDR_STEPS = {b"RC": Step.CALLER_ID, b"AN": Step.OFF_HOOK}


def panasonic_smdr(text: bytes) -> Record | None:
    """`11/22/26 03:10PM 101 01 <I>01055500100 0'06 00:01'30 RC`: the call record of Panasonic exchanges.

    RC is printed when a call comes, AN when it is answered, NA or nothing when it is over.
    """
    match = _SMDR.fullmatch(text)
    if match is None:
        return None
    step = _SMDR_STEPS.get(match["code"] or b"", Step.CALL_OVER)
    return Record(step=step, channel=match["channel"].decode(), fields=_call_fields(match), rings_told=True)


BOXES: tuple[Callable[[bytes], Record | None], ...] = (
    net_caller_id,
    whozz_calling,
    whozz_calling_detail,
    whozz_calling_limited,
    tci,
    ncid,
    weeder,
    panasonic_smdr,
)


def find_record(text: bytes) -> Record | None:
    """What a box says in this line, None if no box wrote it."""
    for box in BOXES:
        if (record := box(text)) is not None:
            return record
    return None


def _call_fields(match: re.Match[bytes]) -> tuple[Field, ...]:
    kinds = (("date", Kind.DATE), ("time", Kind.TIME), ("number", Kind.NUMBER), ("name", Kind.NAME))
    return tuple(Field(kind, group.upper(), (match[group] or b"").strip()) for group, kind in kinds)
