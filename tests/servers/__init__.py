"""Real mail servers that tests talk to.

- `tests.servers.dovecot`: fixtures `dovecot` (one for the whole run) and `private_dovecot` (your own, may be
  stopped and started), class `Dovecot`, `Mailbox`.
- `tests.servers.debian_roots`: fixtures `cyrus` and `courier` for `make soak`, each in a Debian of its own.
- `tests.servers.liar`: an IMAP server that can lie about everything.
- `tests.servers.smtp`: fixtures `smtp_server` (plain, no password) and `make_smtp_server(**options)`, class
  `SmtpServer`, which can be told to fail at any step.
- `tests.servers.tls`: fixture `ca`, an authority of our own that signs the servers' certificates.

`tests/conftest.py` makes the fixtures known everywhere. Nothing here imports the product.
"""
