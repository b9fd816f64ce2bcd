"""The commands in their sections, with one line of help each: the top level's help imports none of them."""

from __future__ import annotations

from pathlib import Path

from core.i18n import N_

SECTIONS: tuple[tuple[str, tuple[tuple[str, str], ...]], ...] = (
    (
        N_("For agents"),
        (
            ("console", N_("Open the board (so does `glazok` alone).")),
            ("ticket", N_("List, show, open, accept, answer and solve tickets.")),
            ("contact", N_("See a client, and say which kind of ticket theirs are.")),
            ("shift", N_("Start and end shifts, hand over what is in your hands.")),
            ("outbox", N_("See letters that did not get through; send them again or give them up.")),
            ("notice", N_("See and acknowledge what you should know.")),
        ),
    ),
    (
        N_("For operators"),
        (
            ("init", N_("Make a desk: configuration, secret and database.")),
            ("doctor", N_("Check every part and say what to do.")),
            ("agent", N_("List, add and edit agents.")),
            ("group", N_("List groups and say who is in them.")),
            ("serve", N_("Run everything that one machine needs.")),
            ("bridge", N_("Run the mail bridge: fetch letters, send answers.")),
            ("presence", N_("Run the server of the eyes.")),
            ("robot", N_("Run the robot that keeps the promises, or see what it would do.")),
            ("db", N_("Bring the database up to date.")),
        ),
    ),
    (
        N_("For scripts and for trying things"),
        (
            ("demo", N_("Try a whole desk with sample data, in a temporary folder.")),
            ("mail", N_("Read letters from files and show what the desk makes of them.")),
            ("rules", N_("Check the routing rules and try them on old letters.")),
            ("forms", N_("Try the forms of sites that arrive as e-mail.")),
        ),
    ),
)

_FOLDER = Path(__file__).parent / "commands"


def names() -> list[str]:
    """The commands that this installation has, in the order of the help."""
    return [name for _section, rows in SECTIONS for name, _help in rows if (_FOLDER / f"{name}.py").is_file()]
