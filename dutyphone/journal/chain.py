"""The SHA-256 chain over the journal.

Each row's hash covers the row before it and this row's header and body. The body goes in by its own digest, so that a
body may be purged after its retention time while its row still verifies.
"""

from __future__ import annotations

from hashlib import sha256

GENESIS = bytes(32)
"""The hash before the first row."""


def digest(body: str) -> bytes:
    """The digest of a body."""
    return digest_bytes(body.encode())


def digest_bytes(body: bytes) -> bytes:
    """The digest of a body in UTF-8, or of whatever was found in its place."""
    return sha256(body).digest()


def row_hash(
    previous: bytes, seq: int, recorded_us: int, occurred_us: int, kind: str, version: int, body_digest: bytes
) -> bytes:
    """The hash of a row behind one whose hash is `previous`. Times are microseconds since 1970-01-01 UTC."""
    header = f"{seq}\n{recorded_us}\n{occurred_us}\n{kind}\n{version}\n"
    return sha256(previous + header.encode() + body_digest).digest()
