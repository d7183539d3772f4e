"""Every wait of the driver, in one table. All values are seconds of the monotonic clock."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """How long the driver waits for what."""

    line_flush_s: float = 1.0
    """A line without its end is taken as it is after this silence."""
    burst_quiet_s: float = 2.5
    """A caller-ID burst is over after this silence; its lines follow each other within milliseconds to a second."""
    burst_settled_s: float = 0.3
    """The same once number and name are both in."""
    burst_longest_s: float = 8.0
    """A burst waits no longer for the end of a line that has begun."""
    digits_quiet_s: float = 4.0
    """Dialled digits are one number until this pause."""
    gone_s: float = 8.0
    """Ringing is over after this silence at the least; the longest cadence in use repeats every 6 s."""
    gone_factor: float = 1.6
    """Ringing is over after this many times the longest gap between rings heard on this line."""
    gone_limit_s: float = 20.0
    """But never later, or two calls would melt into one."""
    box_gone_s: float = 120.0
    """A recorder box that reports only the first ring says when the call is over; this is for when it does not."""
    no_ring_s: float = 8.0
    """Caller ID came first: a ring must follow within this."""
    ring_merge_s: float = 2.5
    """RING, `<DLE>R` and DRON this close together are reports of one ring."""
    short_pause_s: float = 1.5
    """A pause this short is inside a cadence (UK 0.4-0.2-0.4 s), not between two rings."""
    late_ring_s: float = 3.0
    """A ring this soon after the handset was lifted was under way when it was."""
    late_caller_id_s: float = 5.0
    """Caller ID this soon after the handset was lifted is of that call, not of a second one waiting."""
    other_caller_s: float = 4.0
    """A second, different number this much later is a second call; sooner, it is the same message said twice."""
    dialled_only_s: float = 60.0
    """A call of which only dialled digits were heard, and no handset, is let go after this."""
    longest_call_s: float = 4 * 3600.0
    """A call whose end nobody heard is let go after this, or the health checks would never run again."""
    after_call_s: float = 3.0
    """Nothing is written to the modem until this long after its last unasked word."""
    between_commands_s: float = 0.05
    """Pause between an answer and the next command; some modems lose a command that follows sooner."""
    answer_s: float = 3.0
    """A command is unanswered after this."""
    check_every_s: float = 60.0
    """Health check of an idle line."""
    check_again_s: float = 5.0
    """The second check after an unanswered one."""
    noise_window_s: float = 60.0
    """Misunderstood pieces are counted over this time."""
