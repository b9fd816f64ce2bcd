"""`glazok forms`: letters that a site's form writes, and what the desk takes from them."""

from __future__ import annotations

import click

from cli.options import CommandContext, config_option, example, json_option, pass_context
from core.errors import BadInput
from core.i18n import N_, _


@click.group(
    help=N_("Try the forms of sites that arrive as e-mail."), epilog=example("glazok forms test letter.eml")
)
def command() -> None:
    """Forms are written in the configuration, under [[forms]]."""


@command.command(
    "test",
    help=N_(
        "Show which form a letter is, each field that is taken from it, and where the answer would go. "
        "FILE is a raw letter (.eml), - is standard input. Needs no database."
    ),
    epilog=example("glazok forms test letter.eml", "glazok forms test --json - < letter.eml"),
)
@click.argument("file", metavar=N_("FILE"))
@click.option("--mailbox", metavar=N_("KEY"), default="", help=N_("The mailbox that it came into."))
@config_option
@json_option
@pass_context
def test(context: CommandContext, file: str, mailbox: str) -> None:
    from cli import letters
    from cli.output import print_json
    from core.services.explaining import form_test

    settings = context.settings()
    letter = letters.read_letter(file, settings)
    found = form_test(settings, letter, letters.mailbox_for(settings, letter, mailbox))
    form = found.form
    if context.json:
        print_json(
            {
                "file": file, "mailbox": found.mailbox, "from_addr": letter.from_addr,
                "tried": letters.trials_document(found.forms),
                "form": letters.form_document(form, found.region),
            }
        )  # fmt: skip
    else:
        letters.say_trials(_("form"), found.forms)
        if form is not None:
            letters.say_form(form, found.region)
        if form is not None and not form.trouble:
            client = found.letter
            letters.row(
                _("The answer goes to"),
                f"{client.from_name} <{client.from_addr}>" if client.from_name else client.from_addr,
            )
    if not settings.forms:
        raise BadInput(
            _("{file} configures no forms.").format(file=settings.path),
            hint=_("Describe one under [[forms]]; see docs/rules.md."),
        )
    if form is None:
        raise BadInput(
            _("{file} is the letter of no form.").format(file=file),
            hint=_("Compare its sender, {sender}, with the forms' conditions.").format(
                sender=letter.from_addr or "—"
            ),
        )
    if form.trouble:
        from core.services.forms import why

        raise BadInput(
            _("{file}: no client is found ({why}).").format(file=file, why=why(form)),
            hint=_("See its text with glazok mail parse, and mend the form's fields."),
        )
