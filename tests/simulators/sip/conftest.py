from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from dutyphone_simulators.sip.exchange import SimulatedExchange
from dutyphone_simulators.sip.testkit import simulated_exchange
from support.raw_telephone import RawTelephone

Desk = tuple[SimulatedExchange, RawTelephone]


@pytest.fixture
def desk() -> Iterator[Callable[..., Desk]]:
    """An exchange with one registered telephone; settings of the exchange may be given."""
    with ExitStack() as stack:

        def build(*, register: bool = True, telephone: dict[str, Any] | None = None, **settings: Any) -> Desk:
            exchange = stack.enter_context(simulated_exchange(**settings))
            phone = stack.enter_context(RawTelephone(exchange.address(), **(telephone or {})))
            if register:
                assert phone.register().status == 200
            return exchange, phone

        yield build
