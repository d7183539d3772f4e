"""A certificate that signs itself, so that TLS can be tried without any other program (RFC 5280, RFC 5915).

ECDSA on P-256 (FIPS 186-4 appendix D.1.2.3) in a few lines of arithmetic. It takes no care against listeners at the
processor: good for a drill on this machine, and for nothing else.
"""

from __future__ import annotations

import base64
import hashlib
import ipaddress
import secrets
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

_P = 0xFFFFFFFF00000001000000000000000000000000FFFFFFFFFFFFFFFFFFFFFFFF
_N = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
_A = _P - 3
_G = (
    0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
    0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5,
)
_Point = tuple[int, int] | None

_EC_KEY = "1.2.840.10045.2.1"
_P256 = "1.2.840.10045.3.1.7"
_ECDSA_SHA256 = "1.2.840.10045.4.3.2"
_COMMON_NAME = "2.5.4.3"
_ALT_NAMES = "2.5.29.17"
_CONSTRAINTS = "2.5.29.19"


def write_certificate(folder: Path, hosts: Sequence[str] = ("127.0.0.1", "::1", "localhost")) -> tuple[Path, Path]:
    """Put `exchange.pem` and `exchange.key` into `folder`; the certificate is for `hosts` and good for ten days."""
    certificate, key = folder / "exchange.pem", folder / "exchange.key"
    secret = secrets.randbelow(_N - 1) + 1
    public = _multiply(secret, _G)
    key.touch(mode=0o600)
    key.write_text(_pem("EC PRIVATE KEY", _private_key(secret, public)), "ascii")
    certificate.write_text(_pem("CERTIFICATE", _certificate(secret, public, hosts)), "ascii")
    return certificate, key


def _certificate(secret: int, public: _Point, hosts: Sequence[str]) -> bytes:
    now = datetime.now(UTC)
    algorithm = _sequence(_oid(_ECDSA_SHA256))
    name = _sequence(_set(_sequence(_oid(_COMMON_NAME), _tlv(0x0C, b"dutyphone simulated exchange"))))
    alternatives = _sequence(*(_general_name(host) for host in hosts))
    extensions = _sequence(
        _sequence(_oid(_ALT_NAMES), _octets(alternatives)),
        _sequence(_oid(_CONSTRAINTS), _tlv(0x01, b"\xff"), _octets(_sequence(_tlv(0x01, b"\xff")))),
    )
    body = _sequence(
        _tlv(0xA0, _integer(2)),
        _integer(secrets.randbits(63) + 1),
        algorithm,
        name,
        _sequence(_time(now - timedelta(days=1)), _time(now + timedelta(days=10))),
        name,
        _sequence(_sequence(_oid(_EC_KEY), _oid(_P256)), _bits(_point(public))),
        _tlv(0xA3, extensions),
    )
    return _sequence(body, algorithm, _bits(_sign(secret, body)))


def _private_key(secret: int, public: _Point) -> bytes:
    return _sequence(
        _integer(1),
        _octets(secret.to_bytes(32, "big")),
        _tlv(0xA0, _oid(_P256)),
        _tlv(0xA1, _bits(_point(public))),
    )


# --- the curve -------------------------------------------------------------------------------------------------------


def _sign(secret: int, data: bytes) -> bytes:
    """FIPS 186-4 §6.4, as the SEQUENCE of r and s."""
    message = int.from_bytes(hashlib.sha256(data).digest(), "big")
    while True:
        nonce = secrets.randbelow(_N - 1) + 1
        point = _multiply(nonce, _G)
        assert point is not None
        r = point[0] % _N
        s = pow(nonce, -1, _N) * (message + r * secret) % _N
        if r and s:
            return _sequence(_integer(r), _integer(s))


def _multiply(times: int, point: _Point) -> _Point:
    total: _Point = None
    while times:
        if times & 1:
            total = _add(total, point)
        point = _add(point, point)
        times >>= 1
    return total


def _add(one: _Point, other: _Point) -> _Point:
    if one is None:
        return other
    if other is None:
        return one
    if one[0] == other[0]:
        if (one[1] + other[1]) % _P == 0:
            return None
        slope = (3 * one[0] * one[0] + _A) * pow(2 * one[1], -1, _P)
    else:
        slope = (other[1] - one[1]) * pow(other[0] - one[0], -1, _P)
    x = (slope * slope - one[0] - other[0]) % _P
    return x, (slope * (one[0] - x) - one[1]) % _P


def _point(point: _Point) -> bytes:
    assert point is not None
    return b"\x04" + point[0].to_bytes(32, "big") + point[1].to_bytes(32, "big")


# --- DER (X.690) -----------------------------------------------------------------------------------------------------


def _tlv(tag: int, content: bytes) -> bytes:
    size = len(content)
    if size < 0x80:
        return bytes([tag, size]) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(length)]) + length + content


def _sequence(*parts: bytes) -> bytes:
    return _tlv(0x30, b"".join(parts))


def _set(*parts: bytes) -> bytes:
    return _tlv(0x31, b"".join(parts))


def _integer(value: int) -> bytes:
    return _tlv(0x02, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def _bits(content: bytes) -> bytes:
    return _tlv(0x03, b"\x00" + content)


def _octets(content: bytes) -> bytes:
    return _tlv(0x04, content)


def _time(when: datetime) -> bytes:
    """UTCTime until 2049, GeneralizedTime from then on (RFC 5280 §4.1.2.5)."""
    if when.year < 2050:
        return _tlv(0x17, f"{when:%y%m%d%H%M%SZ}".encode())
    return _tlv(0x18, f"{when:%Y%m%d%H%M%SZ}".encode())


def _oid(dotted: str) -> bytes:
    first, second, *rest = map(int, dotted.split("."))
    out = bytearray()
    for number in (first * 40 + second, *rest):
        digits = [number & 0x7F]
        while number := number >> 7:
            digits.append(0x80 | number & 0x7F)
        out += bytes(reversed(digits))
    return _tlv(0x06, bytes(out))


def _general_name(host: str) -> bytes:
    try:
        return _tlv(0x87, ipaddress.ip_address(host).packed)
    except ValueError:
        return _tlv(0x82, host.encode("ascii"))


def _pem(label: str, der: bytes) -> str:
    text = base64.b64encode(der).decode("ascii")
    lines = [text[place : place + 64] for place in range(0, len(text), 64)]
    return "\n".join([f"-----BEGIN {label}-----", *lines, f"-----END {label}-----", ""])
