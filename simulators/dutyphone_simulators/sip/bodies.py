"""Session descriptions: offers plain and odd, answers, and reading those of others (RFC 4566, RFC 3264)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

PCMU, PCMA, G729, EVENTS = 0, 8, 18, 101
_NAMES = {PCMU: "PCMU/8000", PCMA: "PCMA/8000", G729: "G729/8000", EVENTS: "telephone-event/8000"}

SDP = "application/sdp"


class BodyForm(Enum):
    """What an INVITE carries."""

    PLAIN = "plain"
    NONE = "none"  # the answer to the call makes the offer
    MULTIPART = "multipart"  # the offer is one part of several (RFC 5621)
    SRTP = "srtp"  # RTP/SAVP only: who cannot encrypt cannot talk, but can say who calls
    G729 = "g729"  # one codec that few free programs have
    UNKNOWN = "unknown"  # a type nobody has heard of


@dataclass(frozen=True, slots=True)
class Body:
    """A body with its Content-Type; both empty for none."""

    type: str = ""
    data: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class Media:
    """Where sound is wanted: the audio stream of a description. `codecs` in order of preference."""

    host: str
    port: int
    codecs: tuple[int, ...]
    events: int | None = None  # the payload type of telephone events (RFC 4733)


def offer(form: BodyForm, host: str, port: int) -> Body:
    """An offer of that form; `port` is where we want to hear."""
    match form:
        case BodyForm.NONE:
            return Body()
        case BodyForm.UNKNOWN:
            return Body("application/x-duty-notice", b"\x00\x01notice\r\n\r\n\xff")
        case BodyForm.SRTP:
            key = "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:" + "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVoxMjM0" + "\r\n"
            return Body(SDP, _description(host, port, (PCMA, PCMU), profile="RTP/SAVP", more=key))
        case BodyForm.G729:
            return Body(SDP, _description(host, port, (G729,)))
        case BodyForm.MULTIPART:
            return _multipart(_description(host, port, (PCMA, PCMU, EVENTS)))
    return Body(SDP, _description(host, port, (PCMA, PCMU, EVENTS)))


def answer(asked: Media | None, host: str, port: int, *, direction: str = "") -> Body:
    """Our answer to `asked`: the first codec of it that we have, and events if it has them."""
    ours = [codec for codec in asked.codecs if codec in (PCMA, PCMU)][:1] if asked else []
    events = [EVENTS] if asked and asked.events is not None else []
    more = f"a={direction}\r\n" if direction else ""
    return Body(SDP, _description(host, port, (*(ours or [PCMA]), *events), more=more))


def read_media(body: bytes) -> Media | None:
    """The audio stream of the first session description in `body`; None if there is none that is not refused."""
    start = body.find(b"v=0")
    if start < 0:
        return None
    text = body[start:].decode("utf-8", "replace")
    host, port = "", 0
    codecs: tuple[int, ...] = ()
    events: int | None = None
    for line in re.split(r"\r?\n", text):
        if line.startswith("--"):
            break
        if line.startswith("c=IN IP"):
            host = line.split()[-1]
        elif line.startswith("m=audio") and port == 0:
            fields = line.split()
            port = int(fields[1].partition("/")[0]) if len(fields) > 3 and fields[1].isdecimal() else 0
            codecs = tuple(int(field) for field in fields[3:] if field.isdecimal())
        elif found := re.fullmatch(r"a=rtpmap:(\d+) telephone-event/8000.*", line):
            events = int(found[1])
    if not port or not host:
        return None
    return Media(host=host, port=port, codecs=codecs, events=events)


def _description(host: str, port: int, codecs: Sequence[int], *, profile: str = "RTP/AVP", more: str = "") -> bytes:
    kind = "IP6" if ":" in host else "IP4"
    maps = "".join(f"a=rtpmap:{codec} {_NAMES[codec]}\r\n" for codec in codecs)
    if EVENTS in codecs:
        maps += f"a=fmtp:{EVENTS} 0-15\r\n"
    return (
        f"v=0\r\no=- 2890844526 2890844526 IN {kind} {host}\r\ns=-\r\nc=IN {kind} {host}\r\nt=0 0\r\n"
        f"m=audio {port} {profile} {' '.join(map(str, codecs))}\r\n{maps}a=ptime:20\r\n{more}"
    ).encode()


def _multipart(description: bytes) -> Body:
    parts = (
        b"--duty-boundary\r\nContent-Type: text/plain\r\n\r\nv\r\n\r\n"
        b"--duty-boundary\r\nContent-Type: application/sdp\r\n\r\n" + description + b"\r\n--duty-boundary--\r\n"
    )
    return Body('multipart/mixed;boundary="duty-boundary"', parts)
