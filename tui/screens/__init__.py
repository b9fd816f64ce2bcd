"""Screens of the console. Nothing but the board is imported before the board is shown."""
