"""What belongs to an account and stands in no configuration: its password, and the id it registers with."""

from __future__ import annotations

import json
import os
import re
import secrets
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from dutyphone.errors import LineGone
from dutyphone.i18n import _
from dutyphone.lines.events import LossReason

INSTANCE_FILE = "sip-instance.json"

_LONGEST_PASSWORD = 512


@dataclass(frozen=True, slots=True, kw_only=True)
class Instance:
    """The same for ever on one machine, so that a registrar replaces our binding instead of adding one.

    `urn` names the instance (RFC 5626 §4.1); `token` is the user part of our Contact that nobody can guess.
    """

    urn: str
    token: str


def read_password(path: Path | None, variable: str, environment: Mapping[str, str]) -> str:
    """The password of an account; empty if it has none. Raises `LineGone` with what is to be done."""
    if variable:
        password = environment.get(variable)
        if password is None:
            raise LineGone(
                LossReason.NOT_REGISTERED,
                _("The environment has no variable {name} with the password.").format(name=variable),
                advice=_("Set it where the recorder is started, or use password_file."),
            )
        return password
    if path is None:
        return ""
    try:
        mode = path.stat().st_mode
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as fault:
        raise LineGone(
            LossReason.NOT_REGISTERED,
            _("The password file {path} cannot be read.").format(path=path),
            advice=_("Does it exist, and is it readable for the user who runs the recorder?"),
            evidence=type(fault).__name__,
        ) from fault
    if os.name == "posix" and mode & 0o077:
        raise LineGone(
            LossReason.NOT_REGISTERED,
            _("The password file {path} can be read by others.").format(path=path),
            advice=_("Make it readable for its owner alone: chmod 600 {path}").format(path=path),
        )
    password = text.rstrip("\r\n")
    if len(password) > _LONGEST_PASSWORD or "\n" in password:
        raise LineGone(
            LossReason.NOT_REGISTERED,
            _("The password file {path} holds more than a password.").format(path=path),
            advice=_("It has one line, and nothing else."),
        )
    return password


def instance_of(account: str, folder: Path | None) -> Instance:
    """The instance kept in `folder`, made at the first time; without a folder a new one for this run.

    A folder that cannot be written costs a second binding at the registrar after a crash, which the registration takes
    back by itself where it can; it is no reason not to listen.
    """
    prefix = re.sub(r"[^A-Za-z0-9]", "", account)[:16] or "desk"
    kept = _kept(folder, prefix)
    if kept is not None:
        return kept
    made = Instance(urn=f"urn:uuid:{uuid.uuid4()}", token=f"{prefix}-{secrets.token_hex(8)}")
    if folder is not None:
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            fresh = folder / f"{INSTANCE_FILE}.new"
            fresh.write_text(json.dumps({"urn": made.urn, "token": made.token}), encoding="utf-8")
            fresh.chmod(0o600)
            fresh.replace(folder / INSTANCE_FILE)
        except OSError:
            return made
    return made


def _kept(folder: Path | None, prefix: str) -> Instance | None:
    if folder is None:
        return None
    try:
        kept = json.loads((folder / INSTANCE_FILE).read_text(encoding="utf-8"))
        urn, token = kept["urn"], kept["token"]
    except (OSError, ValueError, TypeError, KeyError):
        return None
    valid = isinstance(urn, str) and re.fullmatch(r"urn:uuid:[0-9a-f-]{36}", urn)
    ours = isinstance(token, str) and re.fullmatch(rf"{prefix}-[0-9a-f]{{16}}", token)
    return Instance(urn=urn, token=token) if valid and ours else None
