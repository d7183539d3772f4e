"""The configuration: one TOML file and the environment. The only module that reads either.

Where a person wrote something wrong, `ConfigError` names the file, the line, the key and what was expected.
Every setting may also come from the environment: `DUTYPHONE_ROOM__NAME` is `name` in `[room]`.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from dutyphone.checked import (
    FLAG,
    FOLDER,
    TEXT,
    TWO_NUMBERS,
    Fault,
    Wrong,
    WrongTogether,
    decode,
    names_beside,
    one_of,
    read_table,
    required,
    setting,
    settings,
    tables,
    text_like,
    text_that,
    the_rest,
    whole,
)
from dutyphone.errors import ConfigError
from dutyphone.i18n import _

APP = "dutyphone"


ENVIRONMENT_PREFIX = "DUTYPHONE_"


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return False
    return True


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomSettings:
    """`[room]`: where the desk stands. Shown in the console and printed on every form."""

    name: str = setting(TEXT, "值班室")
    """What the room is called."""
    building: str = setting(TEXT, "")
    room: str = setting(TEXT, "")
    country: str = setting(text_like(r"^[A-Z]{2}$"), "CN")
    """ISO 3166 code of the country whose numbering plan local numbers follow."""
    area_code: str = setting(text_like(r"^0?\d{0,4}$"), "010")
    """Trunk code of the site, put before local numbers."""
    internal_digits: tuple[int, int] = setting(TWO_NUMBERS, (3, 5))
    """Shortest and longest extension number of the site's own exchange."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseSettings:
    """`[database]`: where the log is kept."""

    url: str = setting(TEXT, "")
    """Empty: a SQLite file in the data folder. Or `sqlite:////path/duty.db`, `postgresql+psycopg://user@host/name`."""
    key_file: str = setting(TEXT, "")
    """A file with the key that encrypts the SQLite file. It is for nobody but its owner to read."""
    key_prompt: bool = setting(FLAG, default=False)
    """Ask for a passphrase instead, whenever the log is opened."""

    def __post_init__(self) -> None:
        if self.key_prompt and self.key_file:
            raise WrongTogether("key_prompt", "key_file or key_prompt, not both")


def _too_few_days(days: int) -> str:
    from dutyphone.duty.retention import SHORTEST_DAYS

    return f"0 (for ever) or at least {SHORTEST_DAYS} days" if 0 < days < SHORTEST_DAYS else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RetentionSettings:
    """`[retention]`: for how many days what is known of people is kept, a setting for each book."""

    calls: int = setting(whole(0, 36500, missing=_too_few_days), 0)
    """Who called, what was noted of it, what the line said; 0: for ever. That there was a call is kept for ever."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LineSettings:
    """`[lines.NAME]`: one line. Keys not named here are options of its driver."""

    driver: str = required(TEXT)
    """Name of an installed driver; `dutyphone lines drivers` lists them."""
    title: str = setting(TEXT, "")
    """What people call the line; its name if empty."""
    enabled: bool = setting(FLAG, default=True)
    of_driver: Mapping[str, object] = the_rest()

    def options(self) -> dict[str, object]:
        """What belongs to the driver."""
        return dict(self.of_driver)


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsoleSettings:
    """`[console]`: how the screen behaves."""

    officer: str = setting(TEXT, "")
    """Who sits at it, written beside settled calls and notes."""
    bell: bool = setting(FLAG, default=True)
    """Sound the terminal bell when it rings."""
    ascii: bool = setting(FLAG, default=False)
    """Draw borders with ASCII signs, for terminals that cannot do better."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecorderSettings:
    """`[recorder]`: what the recorder keeps beside the log."""

    capture: bool = setting(FLAG, default=True)
    """Keep the raw bytes of every line, one file a day."""
    capture_days: int = setting(whole(1, 3650), 90)
    """How many days of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """All of it. Every part has a default, so that an empty file is a valid one (without lines)."""

    language: str = setting(one_of("auto", "zh_CN", "en"), "auto")
    """Of the interface. auto: English where the system locale is English, else Chinese."""
    zone: str = setting(text_that(_is_zone, "an IANA time zone such as Asia/Shanghai"), "Asia/Shanghai")
    """Time zone of the room."""
    data_folder: Path | None = setting(FOLDER, None)
    """Where database, captures, drafts and exports go. Default: the user's data folder."""
    room: RoomSettings = settings(RoomSettings)
    database: DatabaseSettings = settings(DatabaseSettings)
    lines: Mapping[str, LineSettings] = tables(r"^[a-z][a-z0-9_-]{0,30}$", LineSettings)
    console: ConsoleSettings = settings(ConsoleSettings)
    recorder: RecorderSettings = settings(RecorderSettings)
    retention: RetentionSettings = settings(RetentionSettings)

    _spoken_key: str = field(default="", repr=False)

    def folder(self) -> Path:
        """The data folder."""
        if self.data_folder is not None:
            return self.data_folder
        import platformdirs

        return Path(platformdirs.user_data_dir(APP, appauthor=False))

    def database_url(self, *, drill: bool = False) -> str:
        """The URL of the log; a drill has a file of its own whatever is configured (decision 12)."""
        if drill:
            return f"sqlite:///{self.folder() / 'drill.db'}"
        return self.database.url or f"sqlite:///{self.folder() / 'duty.db'}"

    def key_file(self) -> Path | None:
        """The file with the key of the log, None if none is configured."""
        return Path(self.database.key_file).expanduser().absolute() if self.database.key_file else None

    def with_key(self, spoken: str) -> Settings:
        """These settings and the key that somebody was asked for. Nothing prints or writes it."""
        return replace(self, _spoken_key=spoken)

    def given_key(self) -> str:
        """What `with_key` was told; empty if it was not."""
        return self._spoken_key

    def shown_database_url(self) -> str:
        """The URL as it may be shown: without a password."""
        return re.sub(r"(://[^:/@]*):[^@]*@", r"\1:***@", self.database_url())

    def time_zone(self) -> ZoneInfo:
        """The zone of the room."""
        return ZoneInfo(self.zone)


def default_config_path() -> Path:
    """`DUTYPHONE_CONFIG`, else `dutyphone/config.toml` in the user's configuration folder."""
    named = os.environ.get("DUTYPHONE_CONFIG")
    if named:
        return Path(named)
    import platformdirs

    return Path(platformdirs.user_config_dir(APP, appauthor=False)) / "config.toml"


def sample_config() -> str:
    """A commented file to begin with."""
    return Path(__file__).with_name("sample-config.toml").read_text(encoding="utf-8")


def load_settings(path: Path | None = None, overrides: Mapping[str, Any] | None = None) -> Settings:
    """The settings from `path`, or from the default place, where no file means defaults. Raises `ConfigError`."""
    place = path or default_config_path()
    text = _read(place, must_exist=path is not None or "DUTYPHONE_CONFIG" in os.environ)
    data = _parse(place, text) if text.strip() else {}
    try:
        return read_table(Settings, _over({**data, **(overrides or {})}, _from_environment()))
    except Wrong as wrong:
        raise _value_error(place, text, wrong) from wrong


def option_error(path: Path | None, line: str, option: str, message: str, expected: str) -> ConfigError:
    """A driver's complaint about `option` of `line`, with the place in the file."""
    place = path or default_config_path()
    text = _read(place, must_exist=False)
    key = ("lines", line, option) if option else ("lines", line)
    return ConfigError(
        message,
        path=place if text else None,
        line=_line_of(text, key) or _line_of(text, key[:2]),
        key=".".join(key),
        expected=expected,
    )


def system_locale() -> str:
    """The locale the terminal asks for, such as zh_CN.UTF-8; empty if it does not say."""
    return next((os.environ[v] for v in ("LC_ALL", "LC_MESSAGES", "LANG") if os.environ.get(v)), "")


def terminal_type() -> str:
    """What kind of terminal this is, such as xterm-256color; empty if it does not say."""
    return os.environ.get("TERM", "")


def notify_socket() -> str:
    """Where systemd wants to be told about the service; empty if nowhere."""
    return os.environ.get("NOTIFY_SOCKET", "")


def _read(path: Path, *, must_exist: bool) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError as missing:
        if not must_exist:
            return ""
        raise ConfigError(
            _("There is no configuration file {path}.").format(path=path),
            expected=_("a TOML file; see docs/install.md"),
        ) from missing
    except UnicodeDecodeError as wrong:
        raise ConfigError(_("The file is not UTF-8 text."), path=path, expected=_("a TOML file in UTF-8")) from wrong
    except OSError as wrong:
        raise ConfigError(
            _("The file cannot be read ({why}).").format(why=wrong.strerror or wrong),
            path=path,
            expected=_("a TOML file that this user may read"),
        ) from wrong


def _parse(path: Path, text: str) -> dict[str, Any]:
    import tomllib  # a desk without a file is shown the sooner

    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as wrong:
        place = re.search(r"at line (\d+)", str(wrong))
        raise ConfigError(
            _("This is not TOML ({why}).").format(why=str(wrong).partition(" (at ")[0]),
            path=path,
            line=int(place[1]) if place else len(text.splitlines()),
            expected=_('lines such as key = "value" and headings such as [lines.desk]'),
        ) from wrong


def _value_error(path: Path, text: str, wrong: Wrong) -> ConfigError:
    match wrong.fault:
        case Fault.UNKNOWN:
            message = _("There is no such setting.")
            expected = _("one of {names}").format(names=", ".join(names_beside(Settings, wrong.keys)))
        case Fault.MISSING:
            message, expected = _("This setting is missing."), _("a value")
        case Fault.NAME:
            message, expected = _("This is not a name for a line."), _("small letters, digits, - and _")
        case Fault.VALUE:
            message, expected = _("{value!r} cannot be used here.").format(value=wrong.value), wrong.expected
    return ConfigError(message, path=path, line=_line_of(text, wrong.keys), key=".".join(wrong.keys), expected=expected)


def _from_environment() -> dict[str, object]:
    """What the environment says, as it would be written in the file. Raises `Wrong`."""
    said: dict[tuple[str, ...], str] = {}
    for name, text in os.environ.items():
        keys = tuple(name.lower().removeprefix(ENVIRONMENT_PREFIX.lower()).split("__"))
        if name.upper().startswith(ENVIRONMENT_PREFIX) and keys[0] in names_beside(Settings, keys[:1]):
            said[keys] = text
    written: dict[str, object] = {}
    for keys in sorted(said, key=len):  # what is said of a part stands over what is said of the whole
        written = _over(written, decode(Settings, keys, said[keys]))
    return written


def _over(below: Mapping[str, object], above: Mapping[str, object]) -> dict[str, object]:
    """`below` with `above` laid over it, table by table."""
    merged = dict(below)
    for key, value in above.items():
        if isinstance(value, Mapping):
            under = merged.get(key)
            value = _over(under if isinstance(under, Mapping) else {}, value)
        merged[key] = value
    return merged


def _line_of(text: str, keys: tuple[str, ...]) -> int | None:
    """The line in which `keys` is set, or the heading nearest to it; None if neither is in the file."""
    heading: tuple[str, ...] = ()
    best: int | None = None
    for number, line in enumerate(text.splitlines(), start=1):
        if found := re.match(r"\s*\[+\s*([^\]]+?)\s*\]", line):
            heading = tuple(part.strip().strip("\"'") for part in found[1].split("."))
            if heading == keys[: len(heading)]:
                best = number
        elif found := re.match(r"\s*([\w\".'-]+)\s*=", line):
            here = heading + tuple(part.strip().strip("\"'") for part in found[1].split("."))
            if here == keys:
                return number
    return best
