"""Which file system a file is on, and whether SQLite may be used there."""

from __future__ import annotations

import re
from pathlib import Path

NETWORK_FILE_SYSTEMS = frozenset(
    {
        "9p",
        "afs",
        "ceph",
        "cifs",
        "fuse.davfs",
        "fuse.glusterfs",
        "fuse.rclone",
        "fuse.s3fs",
        "fuse.sshfs",
        "gfs2",
        "glusterfs",
        "lustre",
        "ncpfs",
        "nfs",
        "nfs4",
        "ocfs2",
        "smb3",
        "smbfs",
        "vboxsf",
        "virtiofs",
    }
)
"""File systems on which locks and shared memory do not reach every machine that may open the file."""

MOUNTINFO = Path("/proc/self/mountinfo")

_OCTAL = re.compile(r"\\([0-7]{3})")


def network_file_system(path: Path, mountinfo: str | None = None) -> str | None:
    """The name of the network file system that holds `path`, None if it is none or nobody can tell.

    `mountinfo` is the text of `/proc/self/mountinfo` (proc(5)); None: read it, if this system has it.
    """
    if mountinfo is None:
        try:
            mountinfo = MOUNTINFO.read_text(encoding="utf-8", errors="surrogateescape")
        except OSError:
            return None
    kind = _file_system(path.resolve(), mountinfo)
    return kind if kind in NETWORK_FILE_SYSTEMS else None


def _file_system(path: Path, mountinfo: str) -> str | None:
    best, kind = -1, None
    for line in mountinfo.splitlines():
        before, dash, after = line.partition(" - ")
        fields = before.split(" ")
        if not dash or len(fields) < 5:
            continue
        mount_point = Path(_OCTAL.sub(lambda match: chr(int(match[1], 8)), fields[4]))
        depth = len(mount_point.parts)
        if depth >= best and (path == mount_point or mount_point in path.parents):  # a later mount hides an earlier
            best, kind = depth, after.split(" ", 1)[0]
    return kind
