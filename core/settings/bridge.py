"""The shape of `[bridge]`: how the mail bridge lets itself be watched. Reads no file."""

from __future__ import annotations

from pydantic import field_validator

from core.i18n import _
from core.settings.section import Section
from core.settings.values import is_loopback, split_listen


class BridgeSettings(Section):
    """`[bridge]`: the mail bridge as a service."""

    metrics: str = ""
    """Address and port on this machine for `/metrics` (Prometheus) and `/healthz`; empty: off."""

    @field_validator("metrics")
    @classmethod
    def _here(cls, value: str) -> str:
        if not value:
            return value
        try:
            host, _port = split_listen(value)
        except ValueError:
            raise ValueError(_('allowed is host:port, such as "127.0.0.1:9464", or nothing')) from None
        if not is_loopback(host):
            raise ValueError(
                _('anybody could read it there; allowed is this machine only, such as "127.0.0.1:9464"')
            )
        return value

    @property
    def address(self) -> tuple[str, int] | None:
        """Host and port to listen on; None: nowhere."""
        return split_listen(self.metrics) if self.metrics else None
