"""The section `[presence]`: the server of the eyes."""

from __future__ import annotations

from typing import Any

from pydantic import field_validator, model_validator

from core.i18n import _
from core.settings.section import Section
from core.settings.values import is_loopback, is_unspecified, split_listen, split_url


class PresenceSettings(Section):
    """`[presence]`: the server of the eyes."""

    listen: str = "127.0.0.1:8765"
    """Address and port that the presence server listens on; port 0 takes any free one."""
    url: str = ""
    """Where consoles reach it: `ws://` on this machine, else `wss://`; empty: as `listen` says."""

    @field_validator("listen")
    @classmethod
    def _host_and_port(cls, value: str) -> str:
        split_listen(value)
        return value

    @model_validator(mode="before")
    @classmethod
    def _url_from_listen(cls, data: Any) -> Any:
        if isinstance(data, dict) and not data.get("url"):
            listen = data.get("listen")
            try:
                split_listen(str(listen))
            except ValueError:
                listen = "127.0.0.1:8765"
            return {**data, "url": f"ws://{listen}/"}
        return data

    @field_validator("url")
    @classmethod
    def _websocket(cls, value: str) -> str:
        scheme, host = split_url(value)
        if scheme not in ("ws", "wss") or not host:
            raise ValueError(_('allowed is a WebSocket address, such as "ws://127.0.0.1:8765/"'))
        if scheme == "ws" and not (is_loopback(host) or is_unspecified(host)):
            raise ValueError(_("tokens leave this machine only over TLS; allowed is wss:// here"))
        return value

    @property
    def address(self) -> tuple[str, int]:
        """Host and port to listen on."""
        return split_listen(self.listen)
