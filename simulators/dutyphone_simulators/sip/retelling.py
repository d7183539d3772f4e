"""What an exchange said once, fitted to what a telephone says this time: so a capture can be played again.

An answer repeats the words of its question: branch, tags, Call-ID and number. Those of a capture were made by chance,
and chance makes others the next time. Each `>` message of the transcript is therefore found again among what the
telephone says now, by its method, or by its status and what it answers; from then on the words of the one stand for
those of the other in all that the exchange says.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from dutyphone_simulators.sip.messages import Framer, NotSip, Request, Response, read_message, write_message

_WORD = r"[\w.!%*+`'~\-]"  # of a token (RFC 3261 §25.1)
_BRANCH = re.compile(r";\s*branch\s*=\s*([^\s;,]+)", re.IGNORECASE)
_TAG = re.compile(r";\s*tag\s*=\s*([^\s;,]+)", re.IGNORECASE)
_ADDRESS = re.compile(r"sips?:([^\s;?>]+)", re.IGNORECASE)
_GRANTED = ("REGISTER", "SUBSCRIBE", "OPTIONS")


class SipRetelling:
    """A `dutyphone_simulators.testkit.Retelling` for one playing of one transcript of a SIP line."""

    def __init__(self) -> None:
        self._framer = Framer()
        self._said: list[Request | Response] = []
        self._words: dict[str, str] = {}  # of then -> of now
        self._numbers: dict[tuple[str, int, str], int] = {}  # Call-ID, number and method of then -> number of now

    def said(self, output: bytes) -> None:
        """The telephone said one or more messages."""
        self._said += (read_message(data) for data in self._framer.feed(output))

    def stands_for(self, wanted: bytes) -> bool:
        """Whether the telephone said what stands for the message `wanted`; then both are done with."""
        then = read_message(wanted)
        for at, now in enumerate(self._said):
            if _title(now) == _title(then) and self._may_be(now, then):
                self._learn(then, now)
                del self._said[at]
                return True
        return False

    def heard(self, data: bytes) -> bytes:
        """What the exchange says now instead of `data`; what is no message stays as it is."""
        try:
            then = read_message(data)
        except NotSip:
            return data
        if not self._words:
            return data
        fitted = self._fit(data.partition(_gap(data))[0].decode("utf-8", "surrogateescape"))
        body = self._fit(then.body.decode("utf-8", "surrogateescape")).encode("utf-8", "surrogateescape")
        if isinstance(then, Response):
            number, method = then.cseq
            number = self._numbers.get((then.call_id, number, method), number)
            fitted = re.sub(r"(?im)^(cseq[ \t]*:[ \t]*)\d+", rf"\g<1>{number}", fitted)
        fitted = re.sub(r"(?im)^(content-length[ \t]*:[ \t]*)\d+", rf"\g<1>{len(body)}", fitted)
        return fitted.encode("utf-8", "surrogateescape") + _gap(data) + body

    def oblige(self) -> Sequence[bytes]:
        """The answers of an exchange that agrees to what was said: for those transcripts that begin after it."""
        said, self._said = self._said, []
        return [write_message(_granted(one)) for one in said if isinstance(one, Request) and one.method in _GRANTED]

    def rest(self) -> str:
        """What was said and stood for nothing yet, in short."""
        return ", ".join(_title(one) for one in self._said)

    def _may_be(self, now: Request | Response, then: Request | Response) -> bool:
        """A request that is sent again stands for one that is sent again."""
        if isinstance(then, Response):
            return True
        old, new = _branch(then), _branch(now)
        return self._words[old] == new if old in self._words else new not in self._words.values()

    def _learn(self, then: Request | Response, now: Request | Response) -> None:
        for old, new in zip(_own_words(then), _own_words(now), strict=True):
            if old and new:
                self._words[old] = new
        if isinstance(then, Request):
            number, method = then.cseq
            self._numbers[then.call_id, number, method] = now.cseq[0]

    def _fit(self, text: str) -> str:
        words = sorted(self._words, key=len, reverse=True)
        pattern = rf"(?<!{_WORD})(?:{'|'.join(map(re.escape, words))})(?!{_WORD})"
        return re.sub(pattern, lambda found: self._words[found[0]], text)


def _own_words(message: Request | Response) -> Iterator[str]:
    """The words that the telephone chose: in a request its branch, Call-ID and tag, in a response its tag."""
    if isinstance(message, Response):
        yield _first(_TAG, message.get("to"))
        return
    yield _branch(message)
    yield message.call_id
    yield _first(_TAG, message.get("from"))
    yield _first(_ADDRESS, message.get("contact"))


def _branch(request: Request | Response) -> str:
    return _first(_BRANCH, request.get("via"))


def _first(pattern: re.Pattern[str], text: str) -> str:
    found = pattern.search(text)
    return found[1] if found else ""


def _title(message: Request | Response) -> str:
    """`INVITE`, `180 INVITE`."""
    if isinstance(message, Request):
        return message.method
    return f"{message.status} {message.cseq[1]}"


def _gap(data: bytes) -> bytes:
    return b"\r\n\r\n" if b"\r\n\r\n" in data else b"\n\n"


def _granted(asked: Request) -> Response:
    """200, with what was asked for (RFC 3261 §10.3, RFC 6665 §4.2.1.1)."""
    kept = tuple(
        (name, value)
        for name, value in asked.headers
        if name.lower() in ("via", "from", "to", "call-id", "cseq", "expires", "contact")
    )
    answer = Response(status=200, headers=kept)
    if _first(_TAG, asked.get("to")):
        return answer
    headers = tuple((name, f"{value};tag=exchange" if name.lower() == "to" else value) for name, value in kept)
    return replace(answer, headers=headers)
