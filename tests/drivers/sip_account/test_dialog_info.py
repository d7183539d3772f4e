"""Documents about dialogs: RFC 4235 §4."""

from __future__ import annotations

import pytest
from dutyphone_drivers.sip_account.dialog_info import (
    LONGEST_DOCUMENT,
    MOST_DIALOGS,
    DialogInfo,
    DialogState,
    Initiator,
    read_dialog_info,
)
from hypothesis import given
from hypothesis import strategies as st

_RFC_4235_6_1 = b"""<?xml version="1.0"?>
<dialog-info xmlns="urn:ietf:params:xml:ns:dialog-info" version="1" state="full" entity="sip:1001@192.0.2.1">
  <dialog id="as7d900as8" call-id="a84b4c76e66710" local-tag="1928301774" remote-tag="456887766" direction="initiator">
    <state event="rejected" code="486">terminated</state>
    <duration>274</duration>
    <local><identity display="Desk">sip:1001@192.0.2.1</identity><target uri="sip:1001@192.0.2.11">
      <param pname="+sip.rendering" pval="yes"/></target></local>
    <remote><identity display="&#24352;&#19977; &quot;x&quot;">sip:+861055500001@192.0.2.1</identity></remote>
  </dialog>
</dialog-info>
"""
_KAMAILIO = (
    b'<?xml version="1.0"?>\n<dialog-info xmlns="urn:ietf:params:xml:ns:dialog-info" version="00000000003" '
    b'state="full" entity="sip:1001@127.0.0.1">\n'
    b'<dialog id="17-1@127.0.0.2" call-id="17-1@127.0.0.2" direction="recipient">\n'
    b"<state>Trying</state>\n<remote>\n<identity>sip:01055500001@127.0.0.2</identity>\n"
    b'<target uri="sip:01055500001@127.0.0.2"/>\n</remote>\n'
    b"<local>\n<identity>sip:1001@127.0.0.1</identity>\n</local>\n</dialog>\n</dialog-info>\n\0"
)


def _read(document: bytes) -> DialogInfo:
    info = read_dialog_info(document)
    assert info is not None
    return info


def _one(inside: str) -> bytes:
    return f'<dialog-info version="1" entity="e"><dialog id="d">{inside}</dialog></dialog-info>'.encode()


def test_a_document_is_read() -> None:
    info = _read(_RFC_4235_6_1)
    assert (info.entity, info.version, info.full) == ("sip:1001@192.0.2.1", 1, True)
    (dialog,) = info.dialogs
    assert (dialog.id, dialog.call_id, dialog.local_tag, dialog.remote_tag) == (
        "as7d900as8",
        "a84b4c76e66710",
        "1928301774",
        "456887766",
    )
    assert (dialog.direction, dialog.state, dialog.code, dialog.event) == (
        Initiator.ITSELF,
        DialogState.TERMINATED,
        486,
        "rejected",
    )
    assert dialog.duration_s == 274
    assert dialog.local is not None
    assert dialog.remote is not None
    assert (dialog.local.name, dialog.local.text) == ("Desk", "sip:1001@192.0.2.1")
    assert dialog.remote.name == '张三 "x"'
    assert dialog.remote.uri is not None
    assert dialog.remote.uri.user == "+861055500001"


def test_kamailio_is_read_with_its_own_letters() -> None:
    info = _read(_KAMAILIO)
    (dialog,) = info.dialogs
    assert (info.version, dialog.state, dialog.direction) == (3, DialogState.TRYING, Initiator.THE_OTHER)
    assert (dialog.local_tag, dialog.remote_tag, dialog.code, dialog.event, dialog.duration_s) == (None,) * 5
    assert dialog.remote is not None
    assert dialog.remote.text == "sip:01055500001@127.0.0.2"


@pytest.mark.parametrize(
    ("said", "state"),
    [
        ("trying", "trying"),
        (" Confirmed\n", "confirmed"),
        ("EARLY", "early"),
        ("proceeding", "proceeding"),
        ("terminated", "terminated"),
    ],
)
def test_the_state_is_read_in_any_letters(said: str, state: str) -> None:
    assert _read(_one(f"<state>{said}</state>")).dialogs[0].state is DialogState(state)


def test_a_dialog_without_a_state_says_nothing() -> None:
    for inside in ("", "<state/>", "<state>ringing</state>"):
        assert _read(_one(inside)).dialogs == ()


def test_an_identity_written_as_in_a_header_field_is_read() -> None:
    inside = '<state>early</state><remote><identity>"Zhang" &lt;sip:01055501234@h&gt;</identity></remote>'
    remote = _read(_one(inside)).dialogs[0].remote
    assert remote is not None
    assert remote.uri is not None
    assert (remote.name, remote.uri.user) == ("Zhang", "01055501234")


def test_a_name_in_gbk_is_read_whatever_encoding_is_declared() -> None:
    document = (
        '<?xml version="1.0" encoding="GB2312"?>'
        + _one('<state>early</state><remote><identity display="值班室">sip:8012@h</identity></remote>').decode()
    )
    for encoding in ("gb18030", "utf-8"):
        remote = _read(document.encode(encoding)).dialogs[0].remote
        assert remote is not None
        assert remote.name == "值班室"


def test_a_partial_document_is_told_from_a_full_one() -> None:
    assert not _read(b'<dialog-info state="Partial" version="7"/>').full
    assert _read(b'<dialog-info version="7"/>').full
    assert _read(b'<dialog-info version="x"/>').version == 0


def test_the_target_stands_for_an_identity_that_is_not_said() -> None:
    (dialog,) = _read(_one('<state>early</state><remote><target uri="sip:8012@h"/></remote>')).dialogs
    assert dialog.remote is not None
    assert dialog.remote.text == "sip:8012@h"
    assert dialog.local is None


@pytest.mark.parametrize(
    "document",
    [
        b'<d:dialog-info xmlns:d="urn:ietf:params:xml:ns:dialog-info">'
        b'<d:dialog id="1"><d:state>early</d:state></d:dialog></d:dialog-info>',
        b'<dialog-info><dialog id="1"><state>early</state></dialog></dialog-info>',
        b'<dialog-info xmlns="urn:x:other"><dialog id="1"><state>early</state><x><state>confirmed</state></x>'
        b"</dialog></dialog-info>",
        b'<?xml version="1.0" encoding="no-such"?><dialog-info>'
        b'<dialog id="1"><state>early</state></dialog></dialog-info>',
        b'\r\n<dialog-info><dialog id="1"><state>ea<!-- x -->rly</state></dialog></dialog-info>\r\n\0',
    ],
)
def test_namespaces_and_encodings_do_not_matter(document: bytes) -> None:
    assert [(dialog.id, dialog.state) for dialog in _read(document).dialogs] == [("1", DialogState.EARLY)]


@pytest.mark.parametrize(
    "document",
    [
        b"",
        b"v=0",
        b"<presence/>",
        b"<dialog-info>",
        b'<dialog-info><dialog id="1"><state>early</state>',
        b"<dialog-info/><dialog-info/>",
        b"<!DOCTYPE dialog-info><dialog-info/>",
        b'<!DOCTYPE d [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>'
        b'<dialog-info><dialog id="&b;"><state>early</state></dialog></dialog-info>',
        b'<!DOCTYPE d SYSTEM "file:///etc/hostname"><dialog-info/>',
        b"<dialog-info>&nbsp;</dialog-info>",
        b"<dialog-info>" + b"<x>" * 100 + b"</x>" * 100 + b"</dialog-info>",
        b"<dialog-info>" + b" " * LONGEST_DOCUMENT + b"</dialog-info>",
    ],
)
def test_what_is_none_or_wants_more_than_reading_is_refused(document: bytes) -> None:
    """No document type and no entity is ever read: an exchange needs none."""
    assert read_dialog_info(document) is None


def test_dialogs_and_texts_are_bounded() -> None:
    many = b"<dialog id='1'><state>early</state></dialog>" * (MOST_DIALOGS + 50)
    assert len(_read(b"<dialog-info>" + many + b"</dialog-info>").dialogs) == MOST_DIALOGS
    long = _read(
        _one(f"<state>early</state><remote><identity display='{'n' * 2_000}'>sip:{'1' * 20_000}@h</identity></remote>")
    )
    remote = long.dialogs[0].remote
    assert remote is not None
    assert len(remote.name) == 256
    assert len(remote.text) <= 2_048


@given(
    st.sampled_from([_RFC_4235_6_1, _KAMAILIO]),
    st.lists(
        st.tuples(st.integers(0), st.binary(max_size=6) | st.sampled_from([b"<", b"&", b'"', b"</state>", b"<!--"])),
        max_size=4,
    ),
)
def test_no_damage_raises(document: bytes, pieces: list[tuple[int, bytes]]) -> None:
    for at, piece in pieces:
        at %= len(document)
        document = document[:at] + piece + document[at + len(piece) :]
    info = read_dialog_info(document)
    assert info is None or all(isinstance(dialog.state, DialogState) for dialog in info.dialogs)
