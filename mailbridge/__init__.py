"""The mail daemon: IMAP in, SMTP out, letters parsed and composed. Works through `core.services` alone."""
