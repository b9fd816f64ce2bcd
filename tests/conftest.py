"""What every test gets: the real servers as fixtures, and a machine that nobody has configured."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from core import logs
from core.i18n import set_language
from tests.servers.debian_roots import courier, cyrus
from tests.servers.dovecot import dovecot, private_dovecot
from tests.servers.postgres import postgres
from tests.servers.smtp import make_smtp_server, smtp_server
from tests.servers.tls import ca

__all__ = [
    "ca",
    "courier",
    "cyrus",
    "dovecot",
    "make_smtp_server",
    "postgres",
    "private_dovecot",
    "smtp_server",
]

# How fast an example runs says nothing about the product, only about the machine.
_UNHURRIED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
# The same examples every time: what a random one finds is a bug, but seldom one of the change that it turns red.
settings.register_profile("desk", _UNHURRIED, derandomize=True)
# New ones, many: `make soak`.
settings.register_profile("explore", _UNHURRIED, max_examples=1000)
settings.load_profile("desk")

_CLEARED = ("SSL_CERT_FILE", "SSL_CERT_DIR", "NO_COLOR", "COLORTERM", "EDITOR", "VISUAL")


@pytest.fixture(autouse=True)
def _fresh_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """An empty home, no Glazok variables, English: nothing of the developer's own is read or written."""
    for name in os.environ:
        if name.startswith("GLAZOK_") or name in _CLEARED:
            monkeypatch.delenv(name)
    home = tmp_path / "home"
    for variable, folder in {
        "HOME": home,
        "XDG_CONFIG_HOME": home / ".config",
        "XDG_DATA_HOME": home / ".local" / "share",
        "XDG_STATE_HOME": home / ".local" / "state",
        "XDG_CACHE_HOME": home / ".cache",
    }.items():
        folder.mkdir(parents=True, exist_ok=True)
        monkeypatch.setenv(variable, str(folder))
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    monkeypatch.setenv("LANGUAGE", "en")
    monkeypatch.setenv("TERM", "xterm-256color")
    set_language("en")
    # Secrets that another test drew from its hat are blanked out for the life of the process.
    monkeypatch.setattr(logs, "_hidden", set())
