"""The yardstick of a start: a Textual app that shows one word."""

from __future__ import annotations

from typing import Any

from textual.app import App, ComposeResult
from textual.widgets import Static


class EmptyApp(App[None]):
    """Nothing but the library."""

    def compose(self) -> ComposeResult:
        yield Static("Empty")


def main() -> None:
    app: EmptyApp | Any = EmptyApp()
    app.run()


if __name__ == "__main__":
    main()
