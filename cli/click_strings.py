"""click's own words, listed for our catalogue: click asks gettext for them, and gettext asks our `.po`.

Nothing calls these at start; a test compares them with what the installed click can say to a user.
"""

from __future__ import annotations

from core.i18n import N_, _, ngettext


def messages() -> list[str]:
    """Sentences and headings of click's help and errors, in the language in force."""
    return [
        _("Usage:"),
        _("Options"),
        _("Commands"),
        _("Positional arguments"),
        _("Show the version and exit."),
        _("Show this message and exit."),
        _("Try '{command} {option}' for help."),
        _("Error: {message}"),
        _("Aborted!"),
        _("required"),
        _("default: {default}"),
        _("(dynamic)"),
        _("env var: {var}"),
        _("deprecated"),
        _("Missing command."),
        _("Missing argument"),
        _("Missing option"),
        _("Missing parameter"),
        _("Missing parameter: {param_name}"),
        _("Missing {param_type}"),
        _("No such option {name!r}."),
        _("No such command {name!r}."),
        _("Invalid value: {message}"),
        _("Invalid value for {param_hint}: {message}"),
        _("Could not open file {filename!r}: {message}"),
        _("unknown error"),
        _("Option {name!r} does not take a value."),
        _("Argument {name!r} takes {nargs} values."),
        _("Choose from:\n\t{choices}"),
        _("{value!r} is not a valid {number_type}."),
        _("{value!r} is not a valid boolean. Recognized values: {states}"),
        _("{value!r} is not a valid UUID."),
        _("{value} is not in the range {range}."),
        _("{name} {filename!r} does not exist."),
        _("{name} {filename!r} is a file."),
        _("{name} {filename!r} is a directory."),
        _("{name} {filename!r} is not readable."),
        _("{name} {filename!r} is not writable."),
        _("{name} {filename!r} is not executable."),
        _("file"),
        _("directory"),
        _("path"),
        _("Do you want to continue?"),
        _("Confirm the action without prompting."),
        _("Repeat for confirmation"),
        _("Error: The two entered values do not match."),
        _("Error: invalid input"),
        _("Press any key to continue..."),
    ]


def plurals(n: int) -> list[str]:
    """Sentences of click that have a plural."""
    return [
        ngettext("Did you mean {possibility}?", "(Did you mean one of: {possibilities}?)", n),
        ngettext("Got unexpected extra argument ({args})", "Got unexpected extra arguments ({args})", n),
        ngettext("Option {name!r} requires an argument.", "Option {name!r} requires {nargs} arguments.", n),
        ngettext("Takes {nargs} values but 1 was given.", "Takes {nargs} values but {len} were given.", n),
        ngettext("{value!r} is not {choice}.", "{value!r} is not one of {choices}.", n),
        ngettext(
            "{value!r} does not match the format {format}.",
            "{value!r} does not match the formats {formats}.",
            n,
        ),
        ngettext(
            "{len_type} values are required, but {len_value} was given.",
            "{len_type} values are required, but {len_value} were given.",
            n,
        ),
    ]


METAVARS = (
    N_("[OPTIONS]"),
    N_("COMMAND [ARGS]..."),
    N_("[COMMAND] [ARGS]..."),
    N_("TEXT"),
    N_("INTEGER"),
    N_("FLOAT"),
    N_("BOOLEAN"),
    N_("FILE"),
    N_("FILENAME"),
    N_("DIRECTORY"),
    N_("PATH"),
)
"""Words in capitals that stand for a value in a command's help; `cli.localise` translates them."""
