"""The PostgreSQL server of the tests, if there is one: DUTYPHONE_TEST_POSTGRES_URL, as `tools/with-postgres` sets it.

The URL is that of a database in which schemas may be made, like postgresql+psycopg://postgres@127.0.0.1/dutytest.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import create_engine, make_url

from dutyphone.store.schema import metadata

SERVER = os.environ.get("DUTYPHONE_TEST_POSTGRES_URL")


@contextmanager
def schema_of(server: str) -> Iterator[str]:
    """The URL of an empty schema, which is gone afterwards."""
    schema = f"test_{uuid.uuid4().hex}"
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    try:
        with engine.connect() as connection:
            connection.exec_driver_sql(f"CREATE SCHEMA {schema}")
        whole = make_url(server).update_query_dict({"options": f"-csearch_path={schema}"})
        try:
            yield whole.render_as_string(hide_password=False)
        finally:
            with engine.connect() as connection:
                connection.exec_driver_sql(f"DROP SCHEMA {schema} CASCADE")
    finally:
        engine.dispose()


def emptied(url: str) -> str:
    """Nothing is left in the tables of the log at `url`; that takes a tenth of the time that making them does."""
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    try:
        with engine.connect() as connection:
            connection.exec_driver_sql("SET lock_timeout = 10000")
            connection.exec_driver_sql(f"TRUNCATE {', '.join((*metadata.tables, 'text_index', 'number_index'))}")
    finally:
        engine.dispose()
    return url
