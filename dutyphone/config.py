"""The configuration: one TOML file and the environment. The only module that reads either.

Where a person wrote something wrong, `ConfigError` names the file, the line, the key and what was expected.
Every setting may also come from the environment: `DUTYPHONE_ROOM__NAME` is `name` in `[room]`.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import platformdirs
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    PrivateAttr,
    ValidationError,
    ValidationInfo,
    field_validator,
)
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from dutyphone.errors import ConfigError
from dutyphone.i18n import _

APP = "dutyphone"


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as unknown:
        raise ValueError("an IANA time zone such as Asia/Shanghai") from unknown
    return name


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class RoomSettings(_Table):
    """`[room]`: where the desk stands. Shown in the console and printed on every form."""

    name: str = "值班室"
    """What the room is called."""
    building: str = ""
    room: str = ""
    country: Annotated[str, Field(pattern=r"^[A-Z]{2}$")] = "CN"
    """ISO 3166 code of the country whose numbering plan local numbers follow."""
    area_code: Annotated[str, Field(pattern=r"^0?\d{0,4}$")] = "010"
    """Trunk code of the site, put before local numbers."""
    internal_digits: Annotated[list[int], Field(min_length=2, max_length=2)] = [3, 5]
    """Shortest and longest extension number of the site's own exchange."""


class DatabaseSettings(_Table):
    """`[database]`: where the log is kept."""

    url: str = ""
    """Empty: a SQLite file in the data folder. Or `sqlite:////path/duty.db`, `postgresql+psycopg://user@host/name`."""
    key_file: str = ""
    """A file with the key that encrypts the SQLite file. It is for nobody but its owner to read."""
    key_prompt: bool = False
    """Ask for a passphrase instead, whenever the log is opened."""

    @field_validator("key_prompt")
    @classmethod
    def _one_key(cls, asked: bool, others: ValidationInfo) -> bool:
        if asked and others.data.get("key_file"):
            raise ValueError("key_file or key_prompt, not both")
        return asked


def _days_or_for_ever(days: int) -> int:
    from dutyphone.duty.retention import SHORTEST_DAYS

    if days and days < SHORTEST_DAYS:
        raise ValueError(f"0 (for ever) or at least {SHORTEST_DAYS} days")
    return days


class RetentionSettings(_Table):
    """`[retention]`: for how many days what is known of people is kept, a setting for each book."""

    calls: Annotated[int, Field(ge=0, le=36500), AfterValidator(_days_or_for_ever)] = 0
    """Who called, what was noted of it, what the line said; 0: for ever. That there was a call is kept for ever."""


class LineSettings(BaseModel):
    """`[lines.NAME]`: one line. Keys not named here are options of its driver."""

    model_config = ConfigDict(extra="allow", frozen=True)

    driver: str
    """Name of an installed driver; `dutyphone lines drivers` lists them."""
    title: str = ""
    """What people call the line; its name if empty."""
    enabled: bool = True

    def options(self) -> dict[str, object]:
        """What belongs to the driver."""
        return dict(self.model_extra or {})


class ConsoleSettings(_Table):
    """`[console]`: how the screen behaves."""

    officer: str = ""
    """Who sits at it, written beside settled calls and notes."""
    bell: bool = True
    """Sound the terminal bell when it rings."""
    ascii: bool = False
    """Draw borders with ASCII signs, for terminals that cannot do better."""


class RecorderSettings(_Table):
    """`[recorder]`: what the recorder keeps beside the log."""

    capture: bool = True
    """Keep the raw bytes of every line, one file a day."""
    capture_days: Annotated[int, Field(ge=1, le=3650)] = 90
    """How many days of them."""


class Settings(BaseSettings):
    """All of it. Every part has a default, so that an empty file is a valid one (without lines)."""

    model_config = SettingsConfigDict(
        env_prefix="DUTYPHONE_",
        env_nested_delimiter="__",
        extra="forbid",
        frozen=True,
        nested_model_default_partial_update=True,
    )

    language: Literal["auto", "zh_CN", "en"] = "auto"
    """Of the interface. auto: English where the system locale is English, else Chinese."""
    zone: Annotated[str, AfterValidator(_known_zone)] = "Asia/Shanghai"
    """Time zone of the room."""
    data_folder: Path | None = None
    """Where database, captures, drafts and exports go. Default: the user's data folder."""
    room: RoomSettings = RoomSettings()
    database: DatabaseSettings = DatabaseSettings()
    lines: dict[Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,30}$")], LineSettings] = {}
    console: ConsoleSettings = ConsoleSettings()
    recorder: RecorderSettings = RecorderSettings()
    retention: RetentionSettings = RetentionSettings()

    _key: str = PrivateAttr(default="")

    @field_validator("data_folder")
    @classmethod
    def _expand(cls, folder: Path | None) -> Path | None:
        return folder.expanduser().absolute() if folder else None

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003 - the signature is pydantic's
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment stands over the file (which comes in as `init_settings`)."""
        return env_settings, init_settings

    def folder(self) -> Path:
        """The data folder."""
        return self.data_folder or Path(platformdirs.user_data_dir(APP, appauthor=False))

    def database_url(self, *, drill: bool = False) -> str:
        """The URL of the log; a drill has a file of its own whatever is configured (decision 12)."""
        if drill:
            return f"sqlite:///{self.folder() / 'drill.db'}"
        return self.database.url or f"sqlite:///{self.folder() / 'duty.db'}"

    def key_file(self) -> Path | None:
        """The file with the key of the log, None if none is configured."""
        return Path(self.database.key_file).expanduser().absolute() if self.database.key_file else None

    def with_key(self, spoken: str) -> Settings:
        """These settings and the key that somebody was asked for. It is in no field, so nothing prints or writes it."""
        copy = self.model_copy()
        copy._key = spoken  # noqa: SLF001 - of this class
        return copy

    def given_key(self) -> str:
        """What `with_key` was told; empty if it was not."""
        return self._key

    def shown_database_url(self) -> str:
        """The URL as it may be shown: without a password."""
        return re.sub(r"(://[^:/@]*):[^@]*@", r"\1:***@", self.database_url())

    def time_zone(self) -> ZoneInfo:
        """The zone of the room."""
        return ZoneInfo(self.zone)


def default_config_path() -> Path:
    """`DUTYPHONE_CONFIG`, else `dutyphone/config.toml` in the user's configuration folder."""
    named = os.environ.get("DUTYPHONE_CONFIG")
    return Path(named) if named else Path(platformdirs.user_config_dir(APP, appauthor=False)) / "config.toml"


def sample_config() -> str:
    """A commented file to begin with."""
    return (resources.files("dutyphone") / "sample-config.toml").read_text(encoding="utf-8")


def load_settings(path: Path | None = None, overrides: Mapping[str, Any] | None = None) -> Settings:
    """The settings from `path`, or from the default place, where no file means defaults. Raises `ConfigError`."""
    place = path or default_config_path()
    text = _read(place, must_exist=path is not None or "DUTYPHONE_CONFIG" in os.environ)
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as wrong:
        raise _syntax_error(place, text, wrong) from wrong
    try:
        return Settings(**{**data, **(overrides or {})})
    except ValidationError as wrong:
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


def _syntax_error(path: Path, text: str, wrong: tomllib.TOMLDecodeError) -> ConfigError:
    place = re.search(r"at line (\d+)", str(wrong))
    line = int(place[1]) if place else len(text.splitlines())
    return ConfigError(
        _("This is not TOML ({why}).").format(why=str(wrong).partition(" (at ")[0]),
        path=path,
        line=line,
        expected=_('lines such as key = "value" and headings such as [lines.desk]'),
    )


def _value_error(path: Path, text: str, wrong: ValidationError) -> ConfigError:
    first = wrong.errors()[0]
    keys = tuple(str(part) for part in first["loc"] if part != "[key]")
    if first["type"] == "extra_forbidden":
        message = _("There is no such setting.")
        expected = _("one of {names}").format(names=", ".join(_siblings(keys)))
    elif first["type"] == "missing":
        message, expected = _("This setting is missing."), _("a value")
    elif first["type"] == "string_pattern_mismatch" and keys[:1] == ("lines",):
        message, expected = _("This is not a name for a line."), _("small letters, digits, - and _")
    else:
        message = _("{value!r} cannot be used here.").format(value=first.get("input"))
        expected = first["msg"].removeprefix("Value error, ").removeprefix("Input should be ")
    return ConfigError(message, path=path, line=_line_of(text, keys), key=".".join(keys), expected=expected)


def _siblings(keys: tuple[str, ...]) -> list[str]:
    model: Any = Settings
    for key in keys[:-1]:
        field = model.model_fields.get(key)
        if field is None or not hasattr(field.annotation, "model_fields"):
            break
        model = field.annotation
    return list(model.model_fields)


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
