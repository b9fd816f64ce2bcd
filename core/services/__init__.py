"""Use cases: each one permission check, one transaction, one event. Imports no Textual and no sockets of
others."""
