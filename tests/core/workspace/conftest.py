"""Fixtures of the workspace tests."""

from uuid import uuid4

import pytest
import sqlalchemy as sa

from tests.postgres import Postgres


@pytest.fixture
def postgres_url(postgres: Postgres) -> str:
    """Return the URL of a new PostgreSQL schema, or skip the test."""
    url = sa.make_url(postgres.socket_url()).set(drivername="postgresql+psycopg")
    name = f"test_{uuid4().hex[:12]}"
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        connection.execute(sa.schema.CreateSchema(name))
    engine.dispose()
    return url.update_query_dict({"options": f"-csearch_path={name}"}).render_as_string(False)
