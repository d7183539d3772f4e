"""How a modem prints a caller ID, by its personality. Pure."""

from __future__ import annotations

import re

from dutyphone_simulators.caller_id import CallerId, Standard, Withheld, carried, frame
from dutyphone_simulators.personality import CallerIdPrint, Layout

_PLACE = re.compile(r"\{(\w+)\}")


def formatted(message: CallerId, style: CallerIdPrint) -> list[bytes]:
    """The lines of `message` in words, without line ends."""
    known = _known(message, style)
    return [line for template in style.lines if (line := fill(template, known)) is not None]


def hexadecimal(message: CallerId, style: CallerIdPrint) -> list[bytes]:
    """The line of `message` as its frame in hexadecimal digits; in words if it came as tones, which have no frame."""
    framed = frame(message)
    if not framed:
        return formatted(message, style)
    return [style.hex_prefix.encode() + (framed if style.hex_checksum else framed[:-1]).hex().upper().encode()]


def pairs(message: CallerId) -> list[bytes]:
    """The frame of `message` as pairs of digits with spaces, 16 to a line (Silicon Labs AN93)."""
    framed = frame(message)
    return [framed[at : at + 16].hex(" ").upper().encode() for at in range(0, len(framed), 16)]


def set_lines(lines: list[bytes], layout: Layout, line_end: bytes) -> bytes:
    """`lines` with their line ends, as one block or each wrapped in its own."""
    if not lines:
        return b""
    if layout is Layout.WRAPPED:
        return b"".join(line_end + line + line_end for line in lines)
    return line_end + b"".join(line + line_end for line in lines)


def ring_text(template: str, message: CallerId | None) -> bytes:
    """A ring line that may name the caller; a plain RING as long as the caller is not known."""
    known = {}
    if message is not None:
        known = {"number": (message.number or "").encode(), "called": (message.called or "").encode()}
    return fill(template, known) or b"RING"


def fill(template: str, known: dict[str, bytes]) -> bytes | None:
    """`template` with what is known; None if it names something that is not. Bytes, for names may be in any code."""
    parts = _PLACE.split(template)
    if not all(name in known for name in parts[1::2]):
        return None
    return b"".join(known[part] if place % 2 else part.encode() for place, part in enumerate(parts))


def _known(message: CallerId, style: CallerIdPrint) -> dict[str, bytes]:
    message = carried(message)
    known: dict[str, bytes] = {}
    if message.standard is not Standard.DTMF:
        known |= {
            "date": f"{message.stamped:%m%d}".encode(),
            "time": f"{message.stamped:%H%M}".encode(),
            "mm": f"{message.stamped:%m}".encode(),
            "dd": f"{message.stamped:%d}".encode(),
            "HH": f"{message.stamped:%H}".encode(),
            "MM": f"{message.stamped:%M}".encode(),
        }
    reason = (message.withheld or Withheld.OUT_OF_AREA).value
    if message.number is not None:
        known["number"] = message.number.encode()
    elif reason in style.absent:
        known["number"] = style.absent[reason].encode()
    elif reason in style.reasons:
        known["reason"] = style.reasons[reason].encode()
    if message.name is not None:
        known["name"] = message.name_bytes
    if message.called is not None:
        known["called"] = message.called.encode()
    if message.redirected_from is not None:
        known["redirected"] = message.redirected_from.encode()
    return known
