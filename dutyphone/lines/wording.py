"""What the troubles of a line are called, for people. Message ids: whoever shows one hands it to `_`."""

from __future__ import annotations

from collections.abc import Mapping

from dutyphone.i18n import N_
from dutyphone.lines.events import Trouble

TROUBLES: Mapping[Trouble, str] = {
    Trouble.NO_CALLER_ID: N_("caller ID does not come any more"),
    Trouble.INIT_INCOMPLETE: N_("modem refused a setting"),
    Trouble.ANSWERS_LATE: N_("modem answers late"),
    Trouble.ECHO_CAME_BACK: N_("modem was reset, setting it up again"),
    Trouble.DESK_PHONE_UNSEEN: N_("calls of the desk phone not told"),
    Trouble.WIRE_NOISE: N_("much noise from the modem"),
}
