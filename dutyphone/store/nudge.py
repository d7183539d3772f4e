"""A datagram that says "there may be something new", from whoever wrote to whoever watches. A hint, never the news.

Watchers of an SQLite file put a socket of theirs into a folder named after the file (`duty.db.watchers`): a Unix
socket, or, where there are none, a file that holds the number of a UDP port on the loopback address. A nudge goes to
every one of them; who is no longer there is removed.
"""

from __future__ import annotations

import os
import socket
import struct
import sys
import tempfile
from contextlib import suppress
from hashlib import sha256
from itertools import count
from pathlib import Path

LOOPBACK = "127.0.0.1"

LONGEST_PATH = 100
"""Unix sockets have room for a path of 108 bytes (unix(7)), 104 on some systems, with the closing NUL."""

_SHORTEST_S = 1e-6
"""A limit of 0 would be none at all (SO_RCVTIMEO, socket(7))."""

_SOCKET_SUFFIX = ".sock"
_PORT_SUFFIX = ".port"
_numbers = count()


def watchers_folder(database: Path) -> Path:
    """Where the watchers of `database` are found: beside it, or under the temporary folder if its path is too long."""
    folder = database.with_name(database.name + ".watchers")
    longest = folder / f"{2**32}-{2**16}{_SOCKET_SUFFIX}"
    if len(os.fsencode(longest)) <= LONGEST_PATH:
        return folder
    name = sha256(os.fsencode(database.resolve())).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"dutyphone-{name}"


class Watcher:
    """Where nudges arrive."""

    def __init__(self, folder: Path) -> None:
        """Raises `OSError` if the folder cannot be written."""
        folder.mkdir(exist_ok=True)
        base = f"{os.getpid()}-{next(_numbers)}"
        self._socket, self.place = _unix_socket(folder / (base + _SOCKET_SUFFIX)) or _loopback_socket(
            folder / (base + _PORT_SUFFIX)
        )
        self._timeout_s = -1.0

    def wait(self, timeout_s: float) -> bool:
        """Take one nudge; False if none came in time. For one thread."""
        if timeout_s != self._timeout_s:
            set_patience(self._socket, timeout_s)
            self._timeout_s = timeout_s
        try:
            self._socket.recv(16)
        except (BlockingIOError, TimeoutError, ConnectionError):
            return False
        return True

    def nudge(self) -> None:
        """A nudge from ourselves. Never raises."""
        with suppress(OSError), socket.socket(self._socket.family, socket.SOCK_DGRAM) as sender:
            sender.setblocking(False)
            sender.sendto(b"!", self._socket.getsockname())

    def close(self) -> None:
        """Be watched for no longer."""
        self._socket.close()
        self.place.unlink(missing_ok=True)


class Nudger:
    """Nudges every watcher of one database. Costs little and never raises: the watchers have a floor of their own."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._sockets: dict[int, socket.socket] = {}
        self._family = _unix_family() or 0
        self._known: set[str] = set()

    def nudge(self) -> None:
        """Say that there may be something new: at once to those that are known, and then to those that are found."""
        known = self._known
        for path in tuple(known):
            if not self._send(path, path, self._family):
                known.discard(path)
        try:
            names = os.listdir(self._folder)  # noqa: PTH208 (ten times as fast, after every commit)
        except OSError:
            return  # nobody has ever watched
        for name in names:
            path = f"{self._folder}/{name}"
            if path in known:
                continue
            if name.endswith(_SOCKET_SUFFIX) and self._family:
                if self._send(path, path, self._family):
                    known.add(path)
            elif name.endswith(_PORT_SUFFIX):
                port = _port(self._folder / name)
                if port is not None:
                    self._send(path, (LOOPBACK, port), int(socket.AF_INET))

    def close(self) -> None:
        """Give the sockets back."""
        for each in self._sockets.values():
            each.close()
        self._sockets.clear()

    def _send(self, place: str, address: str | tuple[str, int], family: int) -> bool:
        """Whether the watcher at `place` may be there next time."""
        try:
            if family not in self._sockets:
                self._sockets[family] = socket.socket(family, socket.SOCK_DGRAM)
                self._sockets[family].setblocking(False)
            self._sockets[family].sendto(b"!", address)
        except BlockingIOError:
            return True  # it has enough to read already
        except (ConnectionRefusedError, FileNotFoundError):
            with suppress(OSError):  # it died without taking its socket along
                os.unlink(place)  # noqa: PTH108
            return False
        except OSError:
            return False  # not ours to reach; it still has its floor
        return True


def set_patience(ear: socket.socket, timeout_s: float) -> None:
    """Have `recv` wait that long, and no system call more than that.

    Python's own time limit asks the system twice, once whether there is something and once for it, which is a fifth of
    the time from the nudge to the answer.
    """
    if timeout_s > 0 and sys.platform != "win32":
        ear.setblocking(True)
        seconds, rest_s = divmod(max(timeout_s, _SHORTEST_S), 1)
        ear.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, struct.pack("@ll", int(seconds), int(rest_s * 1e6)))
    else:
        ear.settimeout(timeout_s)


def _unix_family() -> int | None:
    family = getattr(socket, "AF_UNIX", None)
    return None if family is None else int(family)


def _unix_socket(place: Path) -> tuple[socket.socket, Path] | None:
    family = _unix_family()
    if family is None:
        return None
    sock = socket.socket(family, socket.SOCK_DGRAM)
    try:
        sock.bind(str(place))
        place.chmod(0o666)  # a hint from anybody who may enter the folder is welcome
    except OSError:
        sock.close()
        return None
    return sock, place


def _loopback_socket(place: Path) -> tuple[socket.socket, Path]:
    _sweep(place.parent)
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        sock.bind((LOOPBACK, 0))
        place.write_text(str(sock.getsockname()[1]), encoding="ascii")
    except OSError:
        sock.close()
        raise
    return sock, place


def _sweep(folder: Path) -> None:
    """Remove the port files of watchers that died: a datagram to nobody's port tells the sender nothing."""
    for place in folder.glob("*" + _PORT_SUFFIX):
        port = _port(place)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe, suppress(OSError):
            if port is not None:
                probe.bind((LOOPBACK, port))
            place.unlink()


def _port(place: Path) -> int | None:
    try:
        return int(place.read_text(encoding="ascii"))
    except (OSError, ValueError):
        return None
