"""Run by Alembic. The connection comes from `store.upgrade` and is inside its transaction."""

from __future__ import annotations

from alembic import context

from dutyphone.store.schema import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata, transactional_ddl=False)
context.run_migrations()
