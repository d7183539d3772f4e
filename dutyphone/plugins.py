"""Drivers by entry point. A broken plug-in never stops the other lines from being found."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from typing import cast

from dutyphone.errors import UnknownDriver
from dutyphone.i18n import _
from dutyphone.lines.driver import DriverPlugin

GROUP = "dutyphone.drivers"


@dataclass(frozen=True, slots=True, kw_only=True)
class InstalledDriver:
    """A driver that is installed. `problem` is why it cannot be used, empty if it can."""

    name: str
    distribution: str
    description: str
    problem: str = ""


def driver_names() -> list[str]:
    """The names of the installed drivers; none is imported."""
    return sorted({point.name for point in entry_points(group=GROUP)})


def load_driver(name: str) -> DriverPlugin:
    """The plug-in called `name`. Raises `UnknownDriver` if there is none or it cannot be imported."""
    for point in entry_points(group=GROUP):
        if point.name == name:
            return _load(point)
    raise UnknownDriver(
        _("There is no driver called {name!r}.").format(name=name),
        advice=_("Installed drivers: {names}.").format(names=", ".join(driver_names()) or _("none")),
    )


def describe_drivers() -> Iterator[InstalledDriver]:
    """Every installed driver, the broken ones with what is wrong."""
    for point in sorted(entry_points(group=GROUP), key=lambda p: p.name):
        distribution = point.dist.name if point.dist else ""
        try:
            description, problem = _load(point).describe(), ""
        except UnknownDriver as broken:
            description, problem = "", broken.evidence
        yield InstalledDriver(name=point.name, distribution=distribution, description=description, problem=problem)


def _load(point: EntryPoint) -> DriverPlugin:
    try:
        return cast("DriverPlugin", point.load())  # an entry point has no type; the contract says what it is
    except Exception as broken:  # foreign code: whatever it raises at import is its own fault, told by name
        raise UnknownDriver(
            _("The driver {name!r} is installed but cannot be loaded.").format(name=point.name),
            advice=_("Reinstall it, or tell its author: {why}").format(why=repr(broken)),
            evidence=repr(broken),
        ) from broken
