"""What only the operating system knows: who holds a device, whether the clock is kept, how wide the terminal draws.

Every look gives None or nothing where the system has no such thing to look at; none of them changes anything.
"""

from __future__ import annotations

import ctypes
import ctypes.util
import os
import stat
import sys
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from dutyphone.doctor.lines import Device, Holder

SERIAL_LINKS = Path("/dev/serial/by-id")
_MULTIPLEXER, _TERMINALS = "/dev/ptmx", "/dev/pts/"
_TIME_ERROR = 5
"""adjtimex(2): the clock is not synchronised."""
_TIMEX_ROOM = 512
"""Bytes; more than any `struct timex`. All zero means: change nothing."""


def look_at_device(path: str, *, links: Path = SERIAL_LINKS, proc: Path = Path("/proc")) -> Device:
    """The device file at `path` as this user finds it."""
    place = Path(path)
    others = tuple(str(link) for link in _entries(links))
    try:
        found = place.stat()
    except OSError:
        return Device(path=path, exists=False, others=others)
    group, member, active = _group_of(found.st_gid)
    return Device(
        path=path,
        exists=True,
        is_device=stat.S_ISCHR(found.st_mode),
        allowed=os.access(place, os.R_OK | os.W_OK),
        group=group,
        member=member,
        active=active,
        holders=tuple(holders_of(place, proc=proc)),
        stable=tuple(str(link) for link in _entries(links) if _same(link, place)),
        others=others,
    )


def holders_of(path: Path, *, proc: Path = Path("/proc")) -> Iterator[Holder]:
    """The other processes that have `path` open, as far as this user may see them.

    Whoever has the other end of a pseudo-terminal is the device and not a program on it: `dutyphone simulate modem`
    keeps both ends, so that the modem is there when no program is.
    """
    wanted = os.path.realpath(path)
    for folder in _entries(proc):
        if not folder.name.isdecimal() or int(folder.name) == os.getpid():
            continue
        descriptors = _entries(folder / "fd")
        if any(_leads_to(descriptor, wanted) for descriptor in descriptors):
            if _has_other_end(descriptors, wanted):
                continue
            name = "?"
            with suppress(OSError):
                name = (folder / "comm").read_text(encoding="utf-8", errors="replace").strip()
            yield Holder(pid=int(folder.name), name=name)


def clock_is_kept() -> bool | None:
    """Whether the kernel's clock is kept right by somebody (NTP, PTP, radio); None where that cannot be asked."""
    if not sys.platform.startswith("linux"):
        return None
    try:
        state: int = ctypes.CDLL(None, use_errno=True).adjtimex(ctypes.create_string_buffer(_TIMEX_ROOM))
    except (OSError, AttributeError):
        return None
    return None if state < 0 else state != _TIME_ERROR


def folder_bytes(folder: Path, pattern: str) -> int:
    """How much the files in `folder` that match `pattern` take."""
    total = 0
    with suppress(OSError):
        for path in folder.glob(pattern):
            with suppress(OSError):
                total += path.stat().st_size
    return total


def _group_of(gid: int) -> tuple[str, bool, bool]:
    """The name of the group, whether this user is in it, and whether this login already knows."""
    try:
        import grp
        import pwd
    except ImportError:  # not a POSIX system: no groups
        return "", False, False
    try:
        group = grp.getgrgid(gid)
    except KeyError:
        return str(gid), False, gid in os.getgroups()
    user = ""
    with suppress(KeyError):
        user = pwd.getpwuid(os.geteuid()).pw_name
    return group.gr_name, user in group.gr_mem, gid in (*os.getgroups(), os.getegid())


def _entries(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir())
    except OSError:
        return []


def _same(link: Path, place: Path) -> bool:
    return os.path.realpath(link) == os.path.realpath(place)


def _has_other_end(descriptors: Iterable[Path], terminal: str) -> bool:
    """Whether one of `descriptors` is the end of the pseudo-terminal that its maker keeps, see pts(4) and proc(5)."""
    if not terminal.startswith(_TERMINALS):
        return False
    number = terminal.removeprefix(_TERMINALS)
    for descriptor in descriptors:
        if _leads_to(descriptor, _MULTIPLEXER) or _leads_to(descriptor, _TERMINALS + "ptmx"):
            with suppress(OSError):
                said = (descriptor.parent.parent / "fdinfo" / descriptor.name).read_text("ascii")
                if ["tty-index:", number] in (line.split() for line in said.splitlines()):
                    return True
    return False


def _leads_to(descriptor: Path, wanted: str) -> bool:
    try:
        return os.readlink(descriptor) == wanted  # noqa: PTH115 - Path.readlink costs three times as much, times 10,000
    except OSError:
        return False
