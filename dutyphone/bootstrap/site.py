"""Where the telephones of a desk stand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dutyphone.config import Settings
from dutyphone.errors import ConfigError
from dutyphone.i18n import _

if TYPE_CHECKING:
    from dutyphone.calls.site import Site


def site_of(settings: Settings) -> Site:
    """Where the telephones stand."""
    from dutyphone.calls.site import Site

    room = settings.room
    try:
        return Site(
            country=room.country,
            area_code=room.area_code,
            internal_digits=room.internal_digits,
        )
    except ValueError as wrong:
        raise ConfigError(
            str(wrong), key="room", expected=_("an area code such as 010 and lengths such as [3, 5]")
        ) from wrong
