"""The SHA-256 chain over the journal.

Each row's hash covers the row before it and this row's header and body. The body goes in by its own digest, so that a
body may be purged after its retention time while its row still verifies.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256

GENESIS = bytes(32)
"""The hash before the first row."""


@dataclass(frozen=True, slots=True)
class Link:
    """One journal row as the chain sees it. Times are microseconds since 1970-01-01 UTC."""

    seq: int
    recorded_us: int
    occurred_us: int
    kind: str
    version: int
    body_digest: bytes


def digest(body: str) -> bytes:
    """The digest of a body."""
    return digest_bytes(body.encode())


def digest_bytes(body: bytes) -> bytes:
    """The digest of a body in UTF-8, or of whatever was found in its place."""
    return sha256(body).digest()


def next_hash(previous: bytes, link: Link) -> bytes:
    """The hash of `link` behind a row whose hash is `previous`."""
    return row_hash(previous, link.seq, link.recorded_us, link.occurred_us, link.kind, link.version, link.body_digest)


def row_hash(
    previous: bytes, seq: int, recorded_us: int, occurred_us: int, kind: str, version: int, body_digest: bytes
) -> bytes:
    """What `next_hash` gives for a link with these fields; for who checks millions of rows."""
    header = f"{seq}\n{recorded_us}\n{occurred_us}\n{kind}\n{version}\n"
    return sha256(previous + header.encode() + body_digest).digest()
