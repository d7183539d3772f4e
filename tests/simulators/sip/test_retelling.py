"""What an exchange said once, in the words of another conversation."""

from __future__ import annotations

from dutyphone_simulators.sip.messages import read_message
from dutyphone_simulators.sip.retelling import SipRetelling


def asked(method: str, branch: str, call_id: str, tag: str, number: int, contact: str = "a@192.0.2.10") -> bytes:
    return (
        f"{method} sip:192.0.2.1 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.10;branch={branch}\r\n"
        f"From: <sip:1@x>;tag={tag}\r\n"
        f"To: <sip:1@x>\r\nCall-ID: {call_id}\r\nCSeq: {number} {method}\r\nContact: <sip:{contact}>\r\n"
        "Content-Length: 0\r\n\r\n"
    ).encode()


def answered(branch: str, call_id: str, tag: str, number: int, *, body: str = "") -> bytes:
    return (
        f"SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 192.0.2.10;branch={branch}\r\nFrom: <sip:1@x>;tag={tag}\r\n"
        f"To: <sip:1@x>;tag=theirs\r\nCall-ID: {call_id}\r\nCSeq: {number} REGISTER\r\n"
        f"Content-Length: {len(body)}\r\n\r\n{body}"
    ).encode()


def test_an_answer_repeats_the_words_of_the_question_that_was_asked_this_time() -> None:
    retelling = SipRetelling()
    retelling.said(asked("REGISTER", "z9-new", "long-call-id", "t", 1))
    assert retelling.stands_for(asked("REGISTER", "z9-then", "c1", "c1-t", 700))
    told = read_message(retelling.heard(answered("z9-then", "c1", "c1-t", 700, body="c1 of c1-t, not xc1")))
    assert told.get("via").endswith("branch=z9-new")
    assert told.get("from").endswith(";tag=t")
    assert (told.call_id, told.cseq) == ("long-call-id", (1, "REGISTER"))
    assert told.body == b"long-call-id of t, not xc1", "a word is no part of another; the length is right again"


def test_requests_are_told_apart_by_method_and_what_is_sent_again_stays_the_same() -> None:
    retelling = SipRetelling()
    first, second = asked("REGISTER", "z9-b1", "call", "t", 1), asked("REGISTER", "z9-b2", "call", "t", 2)
    retelling.said(asked("OPTIONS", "z9-o", "ping", "t", 1) + first + second + first)
    then = [asked("REGISTER", f"z9-{name}", "old", "u", number) for name, number in (("x", 8), ("y", 9), ("x", 8))]
    assert all(retelling.stands_for(one) for one in then)
    assert retelling.rest() == "OPTIONS"
    assert b"branch=z9-b2" in retelling.heard(answered("z9-y", "old", "u", 9))
    assert not retelling.stands_for(then[0]), "it was said twice, and no third time"


def test_what_is_no_message_stays_as_it_is() -> None:
    retelling = SipRetelling()
    retelling.said(asked("REGISTER", "z9-new", "now", "t", 1))
    retelling.stands_for(asked("REGISTER", "z9-then", "then", "t", 1))
    assert retelling.heard(b"then \xff\r\n") == b"then \xff\r\n"


def test_an_obliging_exchange_grants_what_is_asked_for_and_answers_nothing_else() -> None:
    retelling = SipRetelling()
    retelling.said(asked("REGISTER", "z9-b", "now", "t", 3) + asked("INVITE", "z9-c", "call", "t", 1))
    (answer,) = retelling.oblige()
    granted = read_message(answer)
    assert (granted.call_id, granted.cseq, granted.get("contact")) == ("now", (3, "REGISTER"), "<sip:a@192.0.2.10>")
    assert not retelling.oblige()
