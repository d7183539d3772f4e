"""Digest authentication, against the examples printed in the RFCs."""

from __future__ import annotations

import random

import pytest
from dutyphone_simulators.sip.digest import Authenticator, Digest, Verdict, parse_credentials, response_to

RFC_7616 = {
    "nc": "00000001",
    "cnonce": "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
    "qop": "auth",
}
NONCE_7616 = "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v"


@pytest.mark.parametrize(
    ("algorithm", "expected"),
    [
        ("MD5", "8ca523f5e9506fed4657c9700eebdbec"),
        ("SHA-256", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"),
    ],
)
def test_the_example_of_rfc_7616(algorithm: str, expected: str) -> None:
    assert expected == response_to(
        algorithm,
        "Mufasa",
        "http-auth@example.org",
        "Circle of Life",
        "GET",
        "/dir/index.html",
        NONCE_7616,
        RFC_7616,
    )


def test_the_example_of_rfc_2617() -> None:
    given = {"nc": "00000001", "cnonce": "0a4f113b", "qop": "auth"}
    nonce = "dcd98b7102dd2f0e8b11d0f600bfb0c093"
    answer = response_to(
        "MD5", "Mufasa", "testrealm@host.com", "Circle Of Life", "GET", "/dir/index.html", nonce, given
    )
    assert answer == "6629fae49393a05397450978507c4ef1"


def answer_to(challenge: str, *, user: str = "1001", password: str = "secret", uri: str = "sip:x", **more: str) -> str:
    asked = parse_credentials(challenge)
    given = {"qop": "auth", "nc": "00000001", "cnonce": "c", **more} if "qop" in asked else dict(more)
    algorithm = asked.get("algorithm", "MD5")
    response = response_to(algorithm, user, asked["realm"], password, "REGISTER", uri, asked["nonce"], given)
    said = {"username": user, "realm": asked["realm"], "nonce": asked["nonce"], "uri": uri, "response": response}
    if "opaque" in asked:
        said["opaque"] = asked["opaque"]
    said |= {"algorithm": algorithm, **given}
    plain = {"nc", "qop", "algorithm"}
    return "Digest " + ", ".join(f"{k}={v}" if k in plain else f'{k}="{v}"' for k, v in said.items())


class Desk:
    def __init__(self, **digest: object) -> None:
        self.digest = Digest(**digest)  # type: ignore[arg-type]
        self.server = Authenticator(random.Random(0))

    def challenge(self, now: float = 0.0) -> str:
        return self.server.challenges(self.digest, now, stale=False)[0]

    def judge(self, *credentials: str, now: float = 1.0, uri: str = "sip:x") -> tuple[Verdict, str]:
        return self.server.judge(
            list(credentials),
            digest=self.digest,
            user="1001",
            password="secret",
            method="REGISTER",
            uri=uri,
            body=b"",
            now=now,
        )


@pytest.mark.parametrize("algorithm", ["MD5", "SHA-256"])
@pytest.mark.parametrize("qop", [(), ("auth",), ("auth", "auth-int")])
@pytest.mark.parametrize("opaque", ["", "kept, as it is"])
def test_the_right_password_is_right(algorithm: str, qop: tuple[str, ...], opaque: str) -> None:
    desk = Desk(algorithms=(algorithm,), qop=qop, opaque=opaque)
    assert desk.judge(answer_to(desk.challenge())) == (Verdict.RIGHT, "")


def test_integrity_covers_the_body() -> None:
    desk = Desk(qop=("auth-int",))
    assert desk.judge(answer_to(desk.challenge(), qop="auth-int"))[0] is Verdict.RIGHT


def test_each_algorithm_has_its_own_challenge_with_one_nonce() -> None:
    desk = Desk(algorithms=("SHA-256", "MD5"))
    first, second = (parse_credentials(value) for value in desk.server.challenges(desk.digest, 0.0, stale=True))
    assert [first["algorithm"], second["algorithm"]] == ["SHA-256", "MD5"]
    assert first["nonce"] == second["nonce"]
    assert first["stale"] == "TRUE"


def test_without_credentials_or_with_those_of_another_realm_one_is_asked() -> None:
    desk = Desk()
    assert desk.judge()[0] is Verdict.MISSING
    assert desk.judge("Basic eHg=")[0] is Verdict.MISSING
    other = Desk(realm="elsewhere")
    assert desk.judge(answer_to(other.challenge()))[0] is Verdict.MISSING


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"password": "guess"}, "another password"),
        ({"user": "1002"}, "another user name"),
        ({"uri": "sip:other"}, "Request-URI"),
        ({"nc": "1"}, "eight hexadecimal"),
        ({"cnonce": ""}, "cnonce"),
        ({"qop": "auth-conf"}, "not offered"),
    ],
)
def test_what_is_wrong_is_said(more: dict[str, str], why: str) -> None:
    desk = Desk()
    verdict, reason = desk.judge(answer_to(desk.challenge(), **more))
    assert verdict is Verdict.WRONG
    assert why in reason


def test_a_nonce_grows_old_is_used_up_and_is_not_used_twice() -> None:
    desk = Desk(nonce_lives_s=10.0, nonce_uses=2)
    challenge = desk.challenge()
    assert desk.judge(answer_to(challenge, nc="00000001"))[0] is Verdict.RIGHT
    assert desk.judge(answer_to(challenge, nc="00000001"))[0] is Verdict.STALE  # a replay
    assert desk.judge(answer_to(challenge, nc="00000002"))[0] is Verdict.RIGHT
    assert desk.judge(answer_to(challenge, nc="00000003"))[0] is Verdict.STALE
    fresh = desk.challenge(now=20.0)
    assert desk.judge(answer_to(fresh), now=29.0)[0] is Verdict.RIGHT
    assert desk.judge(answer_to(fresh, nc="00000002"), now=31.0)[0] is Verdict.STALE
    desk.server.forget()
    assert desk.judge(answer_to(desk.challenge()))[0] is Verdict.RIGHT


def test_credentials_with_commas_and_quotes_in_them() -> None:
    said = parse_credentials(r'Digest username="a, \"b\"", realm="x;y", nc=00000001')
    assert said == {"username": 'a, "b"', "realm": "x;y", "nc": "00000001"}
