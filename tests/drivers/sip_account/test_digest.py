"""Digest answers: RFC 2617, RFC 7616, RFC 8760."""

from __future__ import annotations

import hashlib

import pytest
from dutyphone_drivers.sip_account import digest, grammar
from dutyphone_drivers.sip_account.digest import Challenge


def _read(value: str) -> Challenge:
    challenge = Challenge.read(value)
    assert challenge is not None
    return challenge


def _answered(
    challenge: Challenge, *, password: str = "zanzibar", count: int = 1, body: bytes = b""
) -> dict[str, str | None]:
    value = digest.answer(
        challenge,
        method="REGISTER",
        uri="sip:192.0.2.1",
        user="1001",
        password=password,
        cnonce="0a4f113b",
        count=count,
        body=body,
    )
    assert value.startswith("Digest ")
    return dict(grammar.read_parameters(value[7:], ","))


def test_rfc_2617_section_3_5() -> None:
    challenge = _read(
        'Digest realm="testrealm@host.com", qop="auth,auth-int", '
        'nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", opaque="5ccc069c403ebaf9f0171e9517f40e41"'
    )
    value = digest.answer(
        challenge,
        method="GET",
        uri="/dir/index.html",
        user="Mufasa",
        password="Circle Of Life",
        cnonce="0a4f113b",
        count=1,
    )
    assert value == (
        'Digest username="Mufasa", realm="testrealm@host.com", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", '
        'uri="/dir/index.html", response="6629fae49393a05397450978507c4ef1", '
        'opaque="5ccc069c403ebaf9f0171e9517f40e41", qop=auth, nc=00000001, cnonce="0a4f113b"'
    )


@pytest.mark.parametrize(
    ("algorithm", "response"),
    [
        ("MD5", "8ca523f5e9506fed4657c9700eebdbec"),
        ("SHA-256", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"),
    ],
)
def test_rfc_7616_section_3_9_1(algorithm: str, response: str) -> None:
    challenge = _read(
        f'Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm={algorithm}, '
        'nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"'
    )
    value = digest.answer(
        challenge,
        method="GET",
        uri="/dir/index.html",
        user="Mufasa",
        password="Circle of Life",
        cnonce="f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
        count=1,
    )
    assert f'response="{response}"' in value
    assert f"algorithm={algorithm}" in value


def test_rfc_7616_section_3_9_2_as_its_erratum_4897_has_it() -> None:
    challenge = _read(
        'Digest realm="api@example.org", qop="auth", algorithm=SHA-512-256, '
        'nonce="5TsQWLVdgBdmrQ0XsxbDODV+57QdFR34I9HAbC/RVvkK", '
        'opaque="HRPCssKJSGjCrkzDg8OhwpzCiGPChXYjwrI2QmXDnsOS", charset=UTF-8, userhash=true'
    )
    value = digest.answer(
        challenge,
        method="GET",
        uri="/doe.json",
        user="Jäsøn Doe",
        password="Secret, or not?",
        cnonce="NTg6RKcb9boFIAS3KrFK9BGeh+iDa/sm6jUMp2wds69v",
        count=1,
    )
    assert 'username="793263caabb707a56211940d90411ea4a575adeccb7e360aeb624ed06ece9b0b"' in value
    assert 'response="3798d4131c277846293534c3edc11bd8a5e4cdcbff78b05db9d95eeb1cec68a5"' in value
    assert value.endswith("userhash=true")


def test_rfc_2069_has_neither_count_nor_client_nonce() -> None:
    """kamailio as it comes: MD5, no qop."""
    answered = _answered(_read('Digest realm="pbx", nonce="n1"'))
    assert answered.keys() == {"username", "realm", "nonce", "uri", "response"}
    secret = hashlib.md5(b"1001:pbx:zanzibar").hexdigest()
    asked = hashlib.md5(b"REGISTER:sip:192.0.2.1").hexdigest()
    assert answered["response"] == hashlib.md5(f"{secret}:n1:{asked}".encode()).hexdigest()


@pytest.mark.parametrize(
    ("algorithm", "name"), [("MD5-sess", "md5"), ("sha-256-SESS", "sha256"), ("SHA-512-256-sess", "sha512_256")]
)
def test_a_session_key_is_made_of_both_nonces(algorithm: str, name: str) -> None:
    """RFC 7616 §3.4.2."""
    answered = _answered(_read(f'Digest realm="pbx", nonce="n1", qop="auth", algorithm={algorithm}'), count=2)

    def hashed(text: str) -> str:
        return hashlib.new(name, text.encode()).hexdigest()

    session = hashed(f"{hashed('1001:pbx:zanzibar')}:n1:0a4f113b")
    assert answered["response"] == hashed(f"{session}:n1:00000002:0a4f113b:auth:{hashed('REGISTER:sip:192.0.2.1')}")
    assert (answered["algorithm"], answered["nc"]) == (algorithm, "00000002")


def test_the_body_counts_only_where_nothing_else_is_offered() -> None:
    """RFC 7616 §3.4.3."""
    both = _read('Digest realm="pbx", nonce="n1", qop="auth-int,auth"')
    assert _answered(both, body=b"a") == _answered(both, body=b"b")
    only = _read('Digest realm="pbx", nonce="n1", qop="auth-int"')
    assert _answered(only, body=b"a")["response"] != _answered(only, body=b"b")["response"]
    assert _answered(only)["qop"] == "auth-int"


def test_a_nonce_is_counted() -> None:
    challenge = _read('Digest realm="pbx", nonce="n1", qop="auth"')
    first, later = _answered(challenge), _answered(challenge, count=0xABCDEF)
    assert (first["nc"], later["nc"]) == ("00000001", "00abcdef")
    assert first["response"] != later["response"]


def test_odd_characters_stay_within_their_quotes() -> None:
    answered = _answered(_read(r'Digest realm="a \"b\", c\\d", nonce="n,1", opaque=""'), password='p"a\\ss:字')
    assert (answered["realm"], answered["nonce"], answered["opaque"]) == ('a "b", c\\d', "n,1", "")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ('Digest realm="a", nonce="b"', Challenge("a", "b")),
        ("  digest   REALM = a,NONCE=b , STALE=TRUE", Challenge("a", "b", stale=True)),
        (
            'Digest realm="a", nonce="b", qop="auth,token auth-int", opaque="o"',
            Challenge("a", "b", qop=("auth", "token", "auth-int"), opaque="o"),
        ),
        ('Digest nonce="b", nonce="c", realm="a"', Challenge("a", "b")),
        ('Digest realm="", nonce=""', Challenge("", "")),
        ('Basic realm="a"', None),
        ('Digest realm="a"', None),
        ('Digest nonce="b"', None),
        ("Digest", None),
        ("", None),
    ],
)
def test_a_challenge_is_read(value: str, expected: Challenge | None) -> None:
    assert Challenge.read(value) == expected


def test_the_strongest_that_can_be_answered_is_chosen() -> None:
    """RFC 8760 §2.4: the server puts what it likes best on top; the hash counts more."""
    offered = [
        _read('Digest realm="a", nonce="1", algorithm=MD5'),
        _read('Digest realm="a", nonce="2", algorithm=SHA3-999'),
        _read('Digest realm="a", nonce="3", algorithm=SHA-256, qop="auth"'),
        _read('Digest realm="a", nonce="4", algorithm=SHA-256-sess, qop="auth"'),
        _read('Digest realm="a", nonce="5", algorithm=SHA-512-256, qop="token"'),
    ]
    chosen = digest.choose(offered)
    assert chosen is not None
    assert chosen.nonce == "3"
    assert digest.choose(offered[1:2]) is None
    assert digest.choose([]) is None
