"""A certificate authority for one test run, so that TLS is tested with verification switched on.

Must not import the product.
"""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from pathlib import Path

import pytest
import trustme


@dataclass(frozen=True)
class Ca:
    """An authority, and one certificate of it that is good for `localhost` and `127.0.0.1`."""

    ca_file: Path
    """PEM of the authority; set `SSL_CERT_FILE` to it to make a client trust the test servers."""
    chain_file: Path
    """PEM of the server's certificate with its chain."""
    key_file: Path
    """PEM of the server's private key."""

    def server_context(self) -> ssl.SSLContext:
        """A context for a server that shows the certificate."""
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(self.chain_file, self.key_file)
        return context

    def client_context(self) -> ssl.SSLContext:
        """A context for a client that trusts this authority and no other."""
        return ssl.create_default_context(cafile=str(self.ca_file))


def make_ca(folder: Path) -> Ca:
    """Write a new authority and a server's certificate into `folder`."""
    authority = trustme.CA()
    server = authority.issue_cert("localhost", "127.0.0.1")
    made = Ca(folder / "ca.pem", folder / "server.pem", folder / "server.key")
    authority.cert_pem.write_to_path(str(made.ca_file))
    for blob in server.cert_chain_pems:
        blob.write_to_path(str(made.chain_file), append=True)
    server.private_key_pem.write_to_path(str(made.key_file))
    return made


@pytest.fixture(scope="session")
def ca(tmp_path_factory: pytest.TempPathFactory) -> Ca:
    """The authority of this run."""
    return make_ca(tmp_path_factory.mktemp("tls"))
