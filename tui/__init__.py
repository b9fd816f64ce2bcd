"""The agent's console: a Textual app over `core.services`. Never imports `core.db`, sqlmodel or
sqlalchemy."""
