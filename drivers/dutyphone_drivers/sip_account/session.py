"""Session descriptions, as little of them as a telephone needs (RFC 4566), in offer and answer (RFC 3264)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from ipaddress import ip_address
from itertools import pairwise
from typing import Final

from dutyphone_drivers.sip_account import bodies, fields
from dutyphone_drivers.sip_account.message import Message

MOST_LINES: Final = 1_024
LONGEST_LINE: Final = 2_048

_SECURE: Final = frozenset({"RTP/SAVP", "RTP/SAVPF", "UDP/TLS/RTP/SAVP", "UDP/TLS/RTP/SAVPF"})
_NOWHERE: Final = frozenset({"0.0.0.0", "::"})  # noqa: S104  (RFC 2543's way to put on hold, not an address to bind)
_PLAIN: Final = frozenset({"RTP/AVP", "RTP/AVPF"})
_NO_SPEECH: Final = frozenset({"TELEPHONE-EVENT", "CN"})
_ALWAYS: Final = "0 0"
"""RFC 4566 §5.9: from when until when; neither is bounded."""
_LARGEST_ID: Final = 2**63 - 1
_LARGEST_PORT: Final = 65_535

_Line = tuple[str, str]
_LINE_END = re.compile(r"\r?\n|\r")
_RTPMAP = re.compile(r"rtpmap:\s*([0-9]{1,3})\s+([^/\s]+)/([0-9]{1,7})", re.IGNORECASE)
_FMTP = re.compile(r"fmtp:\s*([0-9]{1,3})\s+(.*)", re.IGNORECASE)
_MEDIA = re.compile(r"(\S+)\s+([0-9]{1,5})(?:/[0-9]+)?\s+(\S+)\s*(.*)")


class Flow(StrEnum):
    """Which way sound goes, seen from whoever describes it (RFC 4566 §6)."""

    BOTH = "sendrecv"
    SEND = "sendonly"
    RECEIVE = "recvonly"
    NONE = "inactive"

    @property
    def answered(self) -> Flow:
        """What the other side says to it (RFC 3264 §6.1)."""
        return _ANSWERED[self]


_ANSWERED: Final = {
    Flow.BOTH: Flow.BOTH,
    Flow.SEND: Flow.RECEIVE,
    Flow.RECEIVE: Flow.SEND,
    Flow.NONE: Flow.NONE,
}


@dataclass(frozen=True, slots=True)
class Codec:
    """One payload type with its name as written, its clock rate in Hz (0 if not said) and its `fmtp`."""

    payload: int
    name: str
    rate: int = 8_000
    parameters: str = ""

    def is_like(self, other: Codec) -> bool:
        """Whether both name the same encoding, whatever the payload type."""
        return (self.name.upper(), self.rate) == (other.name.upper(), other.rate)


STATIC: Final = {
    0: Codec(0, "PCMU"),
    3: Codec(3, "GSM"),
    4: Codec(4, "G723"),
    8: Codec(8, "PCMA"),
    9: Codec(9, "G722"),
    13: Codec(13, "CN"),
    18: Codec(18, "G729"),
}
"""RFC 3551 §6: payload types that need no `rtpmap`."""


@dataclass(frozen=True, slots=True)
class Offer:
    """The sound of a session: where the describing side wants it, in which codecs, best first.

    `address` is as written: an IP address or a name; empty if it was not said. `port` 0 means refused or switched off.
    """

    address: str
    port: int
    codecs: tuple[Codec, ...] = ()
    srtp: bool = False
    direction: Flow = Flow.BOTH

    @property
    def is_held(self) -> bool:
        """Whether the describing side does not want to hear us now."""
        return self.direction in (Flow.SEND, Flow.NONE) or self.address in _NOWHERE


def read(message: Message) -> Offer | None:
    """The sound that `message` describes; None if it describes none. Never raises.

    Of several descriptions of sound it is the first that is switched on and not encrypted; if there is none such, the
    first.
    """
    document = _document(message)
    return document.sound if document is not None else None


def describe(address: str, port: int, codecs: Sequence[Codec], *, session_id: int, version: int = 1) -> bytes:
    """A description of our own: one line of sound at `address` and `port`, best codec first.

    `session_id` is a number that we use for no other session (RFC 4566 §5.2).
    """
    head = _head(address, session_id, version, _ALWAYS)
    return _written([*head, *_audio_lines(port, "RTP/AVP", codecs, Flow.BOTH)])


def answer(own: bytes, message: Message) -> bytes | None:
    """`own`, a description of ours, fitted to the offer in `message` (RFC 3264 §6); None if nothing fits: 488.

    Every medium offered gets its line. The first sound that fits is taken, with the codecs both know under the numbers
    of the offer, and held if the other side holds it; all else is refused by port 0. Without an offer it is `own`.
    """
    return _fitted(own, message, bumped=False)


def answer_again(own: bytes, message: Message) -> bytes | None:
    """The same within a call (RFC 3264 §8), where `own` is what was said last; keep what comes out as the next `own`.

    The version goes up by one if anything changed, and the sound stays where it is.
    """
    return _fitted(own, message, bumped=True)


@dataclass(frozen=True, slots=True)
class _Media:
    """One `m=` line with what belongs to it."""

    kind: str
    port: int
    protocol: str
    formats: tuple[str, ...]
    address: str
    attributes: tuple[str, ...]

    @property
    def offer(self) -> Offer | None:
        """This medium as sound; None if it is none."""
        if self.kind != "audio":
            return None
        keyed = any(one.lower().startswith(("crypto:", "fingerprint:")) for one in self.attributes)
        secure = self.protocol in _SECURE or (keyed and self.protocol not in _PLAIN)
        flows = (Flow(one.lower()) for one in self.attributes if one.lower() in set(Flow))
        return Offer(self.address, self.port, self._codecs(), secure, next(flows, Flow.BOTH))

    def _codecs(self) -> tuple[Codec, ...]:
        known = dict(STATIC)
        for one in self.attributes:
            if (said := _RTPMAP.match(one)) is not None:
                known[int(said[1])] = Codec(int(said[1]), said[2], int(said[3]))
        for one in self.attributes:
            if (said := _FMTP.match(one)) is not None and int(said[1]) in known:
                known[int(said[1])] = replace(known[int(said[1])], parameters=said[2].strip())
        numbers = (fields.whole_number(word, 127) for word in self.formats)
        return tuple(known.get(number, Codec(number, "", 0)) for number in numbers if number is not None)


@dataclass(frozen=True, slots=True)
class _Document:
    session_id: int
    version: int
    time: str
    media: tuple[_Media, ...]

    @property
    def sound(self) -> Offer | None:
        offers = [offer for medium in self.media if (offer := medium.offer) is not None]
        plain = (offer for offer in offers if offer.port and not offer.srtp)
        return next(plain, offers[0] if offers else None)


def _document(message: Message) -> _Document | None:
    """What `message` describes. A body without a type that looks like a description is taken for one."""
    found = bodies.find(message, bodies.SDP)
    if found is None and not message.headers.has("Content-Type") and message.body.lstrip().startswith(b"v="):
        found = message.body
    return None if found is None else _parse(found)


def _parse(body: bytes) -> _Document:
    lines = list(_lines(body))
    starts = [index for index, (kind, _) in enumerate(lines) if kind == "m"]
    head = lines[: starts[0]] if starts else lines
    sections = (lines[start:end] for start, end in pairwise((*starts, len(lines))))
    origin = _first(head, "o").split()
    session_id, version = [fields.whole_number(word, _LARGEST_ID) or 0 for word in (*origin[1:3], "", "")][:2]
    return _Document(
        session_id=session_id,
        version=version,
        time=_first(head, "t") or _ALWAYS,
        media=tuple(medium for section in sections if (medium := _read_media(section, head)) is not None),
    )


def _lines(body: bytes) -> Iterator[_Line]:
    """`x=value`. Lines that are none, or more than anybody needs, are passed over."""
    for line in _LINE_END.split(body.decode("utf-8", "surrogateescape"), MOST_LINES)[:MOST_LINES]:
        kind, equals, value = line[:LONGEST_LINE].partition("=")
        if equals and len(kind.strip()) == 1:
            yield kind.strip().lower(), value.strip()


def _read_media(section: Sequence[_Line], head: Sequence[_Line]) -> _Media | None:
    """What is said of the medium itself comes before what is said of the session."""
    if (said := _MEDIA.fullmatch(section[0][1])) is None:
        return None
    return _Media(
        kind=said[1].lower(),
        port=min(int(said[2]), _LARGEST_PORT),
        protocol=said[3].upper(),
        formats=tuple(said[4].split()),
        address=_address(_first(section, "c") or _first(head, "c")),
        attributes=tuple(value for kind, value in (*section, *head) if kind == "a"),
    )


def _first(lines: Sequence[_Line], kind: str) -> str:
    return next((value for known, value in lines if known == kind), "")


def _address(connection: str) -> str:
    """The address in `IN IP4 192.0.2.1/127/3`."""
    words = connection.split()
    return words[2].partition("/")[0] if len(words) > 2 else ""


def _fitted(own: bytes, message: Message, *, bumped: bool) -> bytes | None:
    asked, mine = _document(message), _parse(own)
    if asked is None or mine.sound is None:
        return own
    chosen = next((medium for medium in asked.media if _in_common(medium, mine.sound)), None)
    if chosen is None:
        return None
    lines = [line for medium in asked.media for line in _answered(medium, mine.sound, taken=medium is chosen)]
    again = _written([*_head(mine.sound.address, mine.session_id, mine.version, asked.time), *lines])
    if not bumped or again == own:
        return again
    return _written([*_head(mine.sound.address, mine.session_id, mine.version + 1, asked.time), *lines])


def _in_common(medium: _Media, mine: Offer) -> tuple[Codec, ...]:
    """The codecs of `medium` that we have, too, in its order; none if it is not for us, or no codec is for speech."""
    offer = medium.offer
    if offer is None or not offer.port or offer.srtp or medium.protocol not in _PLAIN:
        return ()
    both = tuple(
        replace(codec, parameters=like.parameters or codec.parameters)
        for codec in offer.codecs
        if (like := next((known for known in mine.codecs if known.is_like(codec)), None)) is not None
    )
    return both if any(codec.name.upper() not in _NO_SPEECH for codec in both) else ()


def _answered(medium: _Media, mine: Offer, *, taken: bool) -> list[str]:
    if not taken:
        return [f"m={medium.kind} 0 {medium.protocol} {' '.join(medium.formats) or '0'}"]
    flow = medium.offer.direction.answered if medium.offer else Flow.BOTH
    return _audio_lines(mine.port, medium.protocol, _in_common(medium, mine), flow)


def _head(address: str, session_id: int, version: int, time: str) -> list[str]:
    where = f"IN {_family(address)} {address}"
    return ["v=0", f"o=- {session_id} {version} {where}", "s=-", f"c={where}", f"t={time}"]


def _audio_lines(port: int, protocol: str, codecs: Sequence[Codec], flow: Flow) -> list[str]:
    lines = [f"m=audio {port} {protocol} {' '.join(str(codec.payload) for codec in codecs)}"]
    for codec in codecs:
        lines.append(f"a=rtpmap:{codec.payload} {codec.name}/{codec.rate}")
        if codec.parameters:
            lines.append(f"a=fmtp:{codec.payload} {codec.parameters}")
    return [*lines, f"a={flow.value}"]


def _family(address: str) -> str:
    try:
        return f"IP{ip_address(address).version}"
    except ValueError:
        return "IP4"


def _written(lines: Sequence[str]) -> bytes:
    return "".join(f"{line}\r\n" for line in lines).encode("utf-8", "surrogateescape")
