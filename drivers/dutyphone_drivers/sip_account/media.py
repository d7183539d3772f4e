"""The sound of one call, by pyVoIP: the only module that knows it.

Of pyVoIP only the RTP client is used, which paces, packs and unpacks sound and digits well; its signalling, and the
calls built on that, are not (docs/decisions). Each call into it is guarded: a fault costs sound, never a call.
"""

from __future__ import annotations

import logging
import socket
import threading
import warnings
import wave
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

from dutyphone.errors import LineGone
from dutyphone.i18n import _
from dutyphone.lines.events import LossReason
from dutyphone_drivers.sip_account import session
from dutyphone_drivers.sip_account.session import Codec, Offer

log = logging.getLogger(__name__)

CODECS = (Codec(8, "PCMA"), Codec(0, "PCMU"), Codec(101, "telephone-event", 8000, "0-15"))
"""What we speak, best first: A-law is what Chinese exchanges speak (ITU-T G.711), and digits by RFC 4733."""

RATE = 8000
"""Samples a second of both (ITU-T G.711)."""

LONGEST_ANNOUNCEMENT_S = 120


class Media:
    """Sends `announcement` (8-bit unsigned samples), then silence; hears digits. `on_digit` is called from its thread.

    Raises OSError if there is no port for it.
    """

    def __init__(self, host: str, announcement: bytes, on_digit: Callable[[str], None], session_id: int) -> None:
        self._socket = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_DGRAM)
        try:
            self._socket.bind((host, 0))
        except OSError:
            self._socket.close()
            raise
        self._announcement, self._on_digit = announcement, on_digit
        self._client: Any = None  # pyVoIP's types are loose
        self.offer = session.describe(host, self._socket.getsockname()[1], CODECS, session_id=session_id)

    def begin(self, far: Offer) -> None:
        """Speak to where `far` wants it, in the first of its codecs that we speak. Again: it is elsewhere now."""
        if self._client is not None:
            self._client.outIP, self._client.outPort = far.address, far.port
            return
        try:
            self._client = _client(self._socket, far, self._on_digit)
            self._client.write(self._announcement)
            self._client.start()
        except Exception:
            log.exception("no sound")

    def end(self) -> None:
        """Be silent. The socket is closed."""
        if self._client is not None:
            self._client.NSD = False  # its threads see it within 20 ms
        self._socket.close()


def read_announcement(path: Path | None) -> bytes:
    """The samples of a WAV file (8000 Hz, one channel, 8 or 16 bit). Raises `LineGone` if it is none."""
    if path is None:
        return b""
    try:
        with closing(wave.open(str(path), "rb")) as sound:
            shape = (sound.getnchannels(), sound.getframerate(), sound.getsampwidth())
            frames = sound.readframes(RATE * LONGEST_ANNOUNCEMENT_S)
    except (OSError, EOFError, wave.Error) as fault:
        raise _unusable(path, str(fault)) from fault
    if shape not in ((1, RATE, 1), (1, RATE, 2)):
        raise _unusable(path, "{} channels, {} Hz, {} bytes".format(*shape))
    return frames if shape[2] == 1 else bytes(byte ^ 0x80 for byte in frames[1::2])


def _unusable(path: Path, evidence: str) -> LineGone:
    return LineGone(
        LossReason.DRIVER_FAILED,
        _("The announcement {path} cannot be played.").format(path=path),
        advice=_("It is to be a WAV file of 8000 Hz with one channel."),
        evidence=evidence,
    )


def _client(bound: socket.socket, far: Offer, on_digit: Callable[[str], None]) -> Any:
    """pyVoIP's RTP client on a socket that is bound already."""
    warnings.filterwarnings("ignore", message=".*audioop.*deprecated.*", category=DeprecationWarning)
    warnings.filterwarnings("ignore", message="RTP Packet failed to send", category=RuntimeWarning)
    import audioop  # Python 3.13 gets it from audioop-lts

    from pyVoIP import RTP

    kinds = {"PCMU": RTP.PayloadType.PCMU, "PCMA": RTP.PayloadType.PCMA, "TELEPHONE-EVENT": RTP.PayloadType.EVENT}
    spoken = {codec.payload: kinds[codec.name.upper()] for codec in far.codecs if codec.name.upper() in kinds}

    class Client(RTP.RTPClient):
        """With a socket of ours, threads that end with the process, and A-law that is A-law."""

        def start(self) -> None:
            bound.setblocking(False)
            self.sin = self.sout = bound
            for work in (self.recv, self.trans):
                threading.Thread(target=_guarded, args=(work,), name=f"rtp {work.__name__}", daemon=True).start()

        def parse_packet(self, packet: bytes) -> None:
            try:
                super().parse_packet(packet)
            except Exception as fault:  # noqa: BLE001 (it breaks on short packets; sound is not kept)
                log.debug("a packet of sound could not be read: %r", fault)

        def parse_pcmu(self, packet: Any) -> None:
            """Nobody listens here, and what callers say is not kept."""

        parse_pcma = parse_pcmu

        def encode_packet(self, payload: bytes) -> bytes:
            samples = audioop.bias(payload, 1, -128)
            encode = audioop.lin2alaw if self.preference is kinds["PCMA"] else audioop.lin2ulaw
            return bytes(encode(samples, 1))

    return Client(spoken, "", 0, far.address, far.port, RTP.TransmitType.SENDRECV, dtmf=on_digit)


def _guarded(work: Callable[[], None]) -> None:
    try:
        work()
    except Exception:
        log.exception("sound ended")
