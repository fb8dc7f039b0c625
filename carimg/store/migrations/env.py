"""Alembic's entry: migrates over the connection and inside the transaction that the store gives it.

A new version is a new file in `versions/`, written by hand after the ones there, that changes the tables as
`carimg/store/schema.py` does; `tests/test_store.py` compares the two.
"""

from alembic import context

from carimg.store.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transactional_ddl=True,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
