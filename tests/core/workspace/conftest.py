"""Fixtures of the workspace's tests."""

import os
from uuid import uuid4

import pytest
import sqlalchemy as sa


@pytest.fixture
def postgres_url() -> str:
    """Give the URL of a new schema in the PostgreSQL of the environment, or skip the test."""
    url = os.environ.get("CLIENTELE_TEST_POSTGRES", "")
    if not url:
        pytest.skip("CLIENTELE_TEST_POSTGRES does not name a PostgreSQL.")
    name = f"test_{uuid4().hex[:12]}"
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        connection.execute(sa.schema.CreateSchema(name))
    engine.dispose()
    return sa.make_url(url).update_query_dict({"options": f"-csearch_path={name}"}).render_as_string(False)
