"""Tables, engine, migrations and queries: the only place with SQL. Seen by `core.services` alone."""
