"""For tests of programs that register at an exchange.

    def test_a_call(tmp_path):
        with simulated_exchange(accounts=(Account(password="x"),)) as exchange:
            start_my_telephone(exchange.server, "1001", "x")
            assert exchange.wait_registered()
            record = exchange.call(number="01055501234", gives_up_s=0.2)
            assert exchange.wait_over(record)

Timers are a tenth of those of the RFC unless `timing` says otherwise, so that what is lost is sent again soon.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from dutyphone_simulators.sip.exchange import SimulatedExchange
from dutyphone_simulators.sip.settings import ExchangeSettings
from dutyphone_simulators.sip.transactions import Timing

QUICK = Timing(t1_s=0.05, t2_s=0.4)


@contextmanager
def simulated_exchange(
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    transports: Sequence[str] = ("udp",),
    certificate: Path | None = None,
    key: Path | None = None,
    stranger: str | None = None,
    **settings: Any,
) -> Iterator[SimulatedExchange]:
    """A running exchange; `settings` are fields of `ExchangeSettings`."""
    settings.setdefault("timing", QUICK)
    with SimulatedExchange(
        ExchangeSettings(**settings),
        host=host,
        port=port,
        transports=transports,
        certificate=certificate,
        key=key,
        stranger=stranger,
    ) as exchange:
        yield exchange
