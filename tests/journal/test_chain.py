"""The chain over the journal: everything in a row counts, and a purged body does not break it."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dutyphone.journal.chain import GENESIS, digest, row_hash

ROW: dict[str, Any] = {
    "seq": 7,
    "recorded_us": 1_771_268_400_000_250,
    "occurred_us": 1_771_268_399_000_000,
    "kind": "CallNoted",
    "version": 1,
    "body_digest": digest('{"at":"2026-02-16T19:00:00.000250Z"}'),
}


def test_a_stand_alone_verifier_gets_the_same_hash() -> None:
    """The formula, written down a second time with nothing of ours."""
    body = sha256(b'{"at":"2026-02-16T19:00:00.000250Z"}').digest()
    header = b"7\n1771268400000250\n1771268399000000\nCallNoted\n1\n"
    assert row_hash(GENESIS, **ROW) == sha256(bytes(32) + header + body).digest()


@pytest.mark.parametrize(
    "change",
    [
        {"seq": 8},
        {"recorded_us": ROW["recorded_us"] + 1},
        {"occurred_us": ROW["occurred_us"] - 1},
        {"kind": "CallSettled"},
        {"version": 2},
        {"body_digest": digest("{}")},
    ],
    ids=lambda change: next(iter(change)),
)
def test_every_part_of_a_row_counts(change: dict[str, object]) -> None:
    """X17"""
    assert row_hash(GENESIS, **ROW | change) != row_hash(GENESIS, **ROW)


@given(previous=st.binary(min_size=32, max_size=32).filter(lambda each: each != GENESIS))
def test_the_row_before_counts(previous: bytes) -> None:
    assert row_hash(previous, **ROW) != row_hash(GENESIS, **ROW)


def test_a_row_whose_body_was_purged_still_verifies() -> None:
    """X32: the hash needs the digest of a body, not the body."""
    body = '{"text":"一"}'.encode()
    kept = row_hash(GENESIS, **ROW | {"body_digest": digest(body.decode())})
    purged = row_hash(GENESIS, **ROW | {"body_digest": sha256(body).digest()})
    assert purged == kept
