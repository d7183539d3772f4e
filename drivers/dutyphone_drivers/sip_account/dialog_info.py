"""Documents about dialogs of a telephone (RFC 4235 §4): XML without document types and entities, bounded in size.

Exchanges write the state in odd letters (kamailio: `Trying`), leave attributes away, and say finished dialogs again
and again; what is missing is None, and what was said before is the caller's business.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final
from xml.parsers import expat

from dutyphone.lines.names import decode_name
from dutyphone_drivers.sip_account import fields
from dutyphone_drivers.sip_account.fields import NameAddr

LONGEST_DOCUMENT: Final = 65_535
MOST_DIALOGS: Final = 256
LONGEST_TEXT: Final = 1_024
"""Characters that are kept of one element's text."""
_DEEPEST: Final = 16


class DialogState(StrEnum):
    """RFC 4235 §3.7.1."""

    TRYING = "trying"
    PROCEEDING = "proceeding"
    EARLY = "early"
    CONFIRMED = "confirmed"
    TERMINATED = "terminated"


class Initiator(StrEnum):
    """Who started the dialog, seen from the watched telephone (RFC 4235 §4.1.2 `direction`)."""

    ITSELF = "initiator"
    THE_OTHER = "recipient"


@dataclass(frozen=True, slots=True)
class DialogSeen:
    """One dialog. What was not said is None; `event` is in lower case (§3.7.1).

    `local` and `remote` are the identities (§4.1.6) or, where those are not said, the targets.
    """

    id: str
    call_id: str | None
    local_tag: str | None
    remote_tag: str | None
    direction: Initiator | None
    state: DialogState
    code: int | None = None
    event: str | None = None
    local: NameAddr | None = None
    remote: NameAddr | None = None
    duration_s: int | None = None


@dataclass(frozen=True, slots=True)
class DialogInfo:
    """A document. `full` is False if it tells only what changed since the version before."""

    entity: str
    version: int
    full: bool
    dialogs: tuple[DialogSeen, ...]


def read_dialog_info(document: bytes) -> DialogInfo | None:
    """`document` understood; None if it is none, is too large, or wants anything defined first. Never raises."""
    if len(document) > LONGEST_DOCUMENT:
        return None
    reading = _Reading()
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = reading.refuse
    parser.StartElementHandler = reading.opened
    parser.EndElementHandler = reading.closed
    parser.CharacterDataHandler = reading.said
    try:
        parser.Parse(_text(document).strip("\0 \t\r\n\ufeff"), True)
    except (expat.ExpatError, ValueError):
        return None
    return reading.info


def _text(document: bytes) -> str:
    """UTF-8 (RFC 4235 §4), or else what Chinese exchanges write, whatever the document says of itself."""
    try:
        return document.decode("utf-8")
    except UnicodeDecodeError:
        return document.decode("gb18030", "replace")


class _Refused(ValueError):
    """The document is not to be read on."""


@dataclass(slots=True)
class _Dialog:
    attributes: dict[str, str]
    state: DialogState | None = None
    code: int | None = None
    event: str | None = None
    duration_s: int | None = None
    ends: dict[str, dict[str, str]] = field(default_factory=lambda: {"local": {}, "remote": {}})


class _Reading:
    """What has been read so far, element by element. Namespaces are not insisted upon; exchanges forget them."""

    def __init__(self) -> None:
        self.info: DialogInfo | None = None
        self._path: list[str] = []
        self._root: dict[str, str] | None = None
        self._dialogs: list[DialogSeen] = []
        self._dialog: _Dialog | None = None
        self._text: list[str] = []

    def refuse(self, *_declared: object) -> None:
        raise _Refused

    def opened(self, name: str, attributes: dict[str, str]) -> None:
        name = _local(name)
        attributes = {_local(key).lower(): value for key, value in attributes.items()}
        self._path.append(name)
        self._text.clear()
        if len(self._path) > _DEEPEST:
            raise _Refused
        match self._path[1:]:
            case []:
                if name != "dialog-info":
                    raise _Refused
                self._root = attributes
            case ["dialog"]:
                self._dialog = _Dialog(attributes)
            case ["dialog", "state"] if self._dialog:
                self._dialog.event = attributes.get("event", "").strip().lower() or None
                self._dialog.code = fields.whole_number(attributes.get("code", ""), 699)
            case ["dialog", ("local" | "remote") as end, "identity"] if self._dialog:
                self._dialog.ends[end]["name"] = attributes.get("display", attributes.get("display-name", "")).strip()
            case ["dialog", ("local" | "remote") as end, "target"] if self._dialog:
                self._dialog.ends[end]["target"] = attributes.get("uri", "").strip()

    def said(self, text: str) -> None:
        if sum(map(len, self._text)) < LONGEST_TEXT:
            self._text.append(text[:LONGEST_TEXT])

    def closed(self, _name: str) -> None:
        text = "".join(self._text).strip()
        self._text.clear()
        match self._path[1:]:
            case []:
                self._finish()
            case ["dialog"] if self._dialog:
                self._keep(self._dialog)
                self._dialog = None
            case ["dialog", "state"] if self._dialog:
                self._dialog.state = _state(text)
            case ["dialog", "duration"] if self._dialog:
                self._dialog.duration_s = fields.seconds(text)
            case ["dialog", ("local" | "remote") as end, "identity"] if self._dialog:
                self._dialog.ends[end]["identity"] = text
        self._path.pop()

    def _keep(self, dialog: _Dialog) -> None:
        if dialog.state is None or len(self._dialogs) == MOST_DIALOGS:
            return
        said = dialog.attributes
        self._dialogs.append(
            DialogSeen(
                id=said.get("id", ""),
                call_id=said.get("call-id") or None,
                local_tag=said.get("local-tag") or None,
                remote_tag=said.get("remote-tag") or None,
                direction=_direction(said.get("direction", "")),
                state=dialog.state,
                code=dialog.code,
                event=dialog.event,
                local=_party(dialog.ends["local"]),
                remote=_party(dialog.ends["remote"]),
                duration_s=dialog.duration_s,
            )
        )

    def _finish(self) -> None:
        assert self._root is not None
        self.info = DialogInfo(
            entity=self._root.get("entity", ""),
            version=fields.whole_number(self._root.get("version", ""), 2**63 - 1) or 0,
            full=self._root.get("state", "full").strip().lower() != "partial",
            dialogs=tuple(self._dialogs),
        )


def _local(name: str) -> str:
    """The name without its namespace, or a prefix nobody declared."""
    return name.rpartition(" ")[2].rpartition(":")[2]


def _party(said: dict[str, str]) -> NameAddr | None:
    """Who is at one end. The name is attribute text, so it has no escapes; control characters are for nobody.

    Some exchanges write what stands in a header field where a URI should stand.
    """
    text = said.get("identity") or said.get("target")
    if not text:
        return None
    if "<" in text and (party := fields.read_name_addr(text)) is not None:
        return party
    raw = said.get("name", "").encode()
    return NameAddr(decode_name(raw)[: fields.LONGEST_NAME], raw, fields.read_uri(text), text)


def _state(text: str) -> DialogState | None:
    try:
        return DialogState(text.lower())
    except ValueError:
        return None


def _direction(text: str) -> Initiator | None:
    try:
        return Initiator(text.strip().lower())
    except ValueError:
        return None
