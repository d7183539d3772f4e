"""Messages out of a stream: by `Content-Length` (RFC 3261 §18.3), with keep-alives between them (RFC 5626 §3.5.1)."""

from __future__ import annotations

from typing import Final

from dutyphone_drivers.sip_account import message
from dutyphone_drivers.sip_account.message import END_OF_HEAD, LONGEST_MESSAGE, NotSip

PING: Final = b"\r\n\r\n"
"""What a client sends to keep a connection; the server answers `PONG`."""
PONG: Final = b"\r\n"

_LONGEST_END: Final = 4
"""Bytes of the empty line that ends a head, with the line end before it."""


class StreamReader:
    """Chunk-blind: the messages do not depend on where the bytes were split. Holds one message at most.

    What cannot be told apart any more is `NotSip`, then and ever after: the connection is to be closed. Whole messages
    that came before it are handed out, and it is raised the next time.
    """

    def __init__(self) -> None:
        self._held = bytearray()
        self._searched = 0
        self._whole: int | None = None
        self._blank_lines = 0
        self._pings = 0
        self._broken: NotSip | None = None

    def feed(self, data: bytes) -> list[bytes]:
        """The messages that `data` completes. Raises `NotSip`. A missing length means that there is no body."""
        if self._broken is not None:
            raise self._broken
        self._held += data
        messages: list[bytes] = []
        try:
            while (complete := self._next()) is not None:
                messages.append(complete)
        except NotSip as broken:
            self._broken = broken
            self._held.clear()
            if not messages:
                raise
        return messages

    def take_pings(self) -> int:
        """How many keep-alives came since the last time. Each wants a `PONG`.

        Two answers to our own keep-alives, with no message between them, look like one; to answer it does no harm.
        """
        pings, self._pings = self._pings, 0
        return pings

    def _next(self) -> bytes | None:
        if self._whole is None:
            self._skip_blank_lines()
            self._whole = self._find_whole()
        if self._whole is None or len(self._held) < self._whole:
            return None
        complete = bytes(self._held[: self._whole])
        del self._held[: self._whole]
        self._whole, self._searched = None, 0
        return complete

    def _skip_blank_lines(self) -> None:
        blank = len(self._held) - len(self._held.lstrip(b"\r\n"))
        self._blank_lines += self._held.count(b"\n", 0, blank)
        del self._held[:blank]
        pings, self._blank_lines = divmod(self._blank_lines, 2)
        self._pings += pings
        if self._held:
            self._blank_lines = 0

    def _find_whole(self) -> int | None:
        """How long the message that has begun is; None while its head is not complete."""
        if (end := END_OF_HEAD.search(self._held, self._searched)) is None:
            self._searched = max(0, len(self._held) - _LONGEST_END + 1)
            whole = len(self._held)
        else:
            whole = end.end() + _length(bytes(self._held[: end.end()]))
        if whole > LONGEST_MESSAGE:
            raise NotSip(f"a message of {whole} bytes or more")
        return whole if end else None


def _length(head: bytes) -> int:
    headers = message.read(head).headers
    if not headers.has("Content-Length"):  # a length of 0 fits what was read, and was taken off
        return 0
    if (length := message.declared_length(headers)) is None:
        raise NotSip("Content-Length is no length")
    return length
