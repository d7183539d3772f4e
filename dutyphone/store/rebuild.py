"""The projections made again from the journal, in one transaction: readers see the old ones until the new are whole."""

from __future__ import annotations

from dutyphone.store.feed import HasDatabase
from dutyphone.store.projector import Projector
from dutyphone.store.replay import facts, project_all


def rebuild(store: HasDatabase) -> int:
    """Empty the projections and replay the journal; how many facts were replayed.

    Nobody else can write meanwhile. What the recorder says of itself (heartbeat, declared lines) stays.
    """
    database = store.database
    with database.writing() as session:
        projector = Projector(session, database.backend.index)
        projector.clear()
        return project_all(facts(session), projector)
