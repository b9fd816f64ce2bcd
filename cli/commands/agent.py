"""`glazok agent`: who is on the staff."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import click

from cli.options import (
    CommandContext,
    config_option,
    example,
    json_option,
    open_desk,
    pass_context,
    tell,
)
from cli.output import plain, print_json, print_table, say
from core.domain.permissions import Role
from core.i18n import N_, _, ngettext

if TYPE_CHECKING:
    from core.services.agents import Edited

GROUP_OPTION = N_("A group to join, as KEY or KEY:supervisor. May be given several times.")


@click.group(help=N_("Add, list and change agents."), epilog=example("glazok agent add anna --group north"))
def command() -> None:
    """Agents live in the database, groups in the configuration."""


@command.command(
    "add",
    help=N_("Add an agent."),
    epilog=example(
        'glazok agent add anna --name "Anna Kim" --email anna@example.com --group north:supervisor'
    ),
)
@click.argument("login", metavar=N_("LOGIN"))
@click.option("--name", default="", metavar=N_("NAME"), help=N_("Name as colleagues and clients see it."))
@click.option("--email", default="", metavar=N_("ADDRESS"), help=N_("Address for notices and own letters."))
@click.option("--group", "groups", multiple=True, metavar=N_("GROUP"), help=GROUP_OPTION)
@click.option("--admin", is_flag=True, help=N_("Sees and does everything."))
@config_option
@json_option
@pass_context
def add(
    context: CommandContext, login: str, name: str, email: str, groups: tuple[str, ...], admin: bool
) -> None:
    from core.services import agents, setup

    with open_desk(context) as desk:
        setup.learn_groups(desk)
        agent = agents.add(desk, login, name, email, groups=_roles(groups), admin=admin)
    if context.json:
        print_json(agent)
    else:
        say(_("{name} can now open the desk with: glazok console --as {login}").format(
            name=agent.name, login=agent.login
        ))  # fmt: skip


@command.command(
    "edit", help=N_("Change an agent."), epilog=example("glazok agent edit anna --group south --leave north")
)
@click.argument("login", metavar=N_("LOGIN"))
@click.option("--name", metavar=N_("NAME"), help=N_("Name as colleagues and clients see it."))
@click.option("--email", metavar=N_("ADDRESS"), help=N_("Address for notices and own letters."))
@click.option("--group", "groups", multiple=True, metavar=N_("GROUP"), help=GROUP_OPTION)
@click.option("--leave", multiple=True, metavar=N_("GROUP"), help=N_("A group to leave."))
@click.option("--admin/--no-admin", default=None, help=N_("Sees and does everything, or no more."))
@click.option("--active/--inactive", default=None, help=N_("Works here, or has left."))
@config_option
@json_option
@pass_context
def edit(
    context: CommandContext,
    login: str,
    name: str | None,
    email: str | None,
    groups: tuple[str, ...],
    leave: tuple[str, ...],
    admin: bool | None,
    active: bool | None,
) -> None:
    from core.services import agents, setup

    with open_desk(context) as desk:
        setup.learn_groups(desk)
        edited = agents.edit(
            desk, login, name=name, email=email, admin=admin, active=active, add_groups=_roles(groups),
            remove_groups=leave,
        )  # fmt: skip
    agent = edited.agent
    said = [_("{login} is not in the group {key}.").format(login=login, key=key) for key in edited.not_in]
    changed = (
        _("{name} ({login}) is changed.")
        if edited.changed
        else _("Nothing about {name} ({login}) has changed.")
    )
    said += [changed.format(name=agent.name, login=agent.login), *_let_go(edited)]
    done = {
        **plain(agent), "changed": edited.changed, "not_in": edited.not_in, "returned": edited.returned,
        "withdrawn": edited.withdrawn,
    }  # fmt: skip
    tell(context, done, " ".join(said))


@command.command("list", help=N_("List the agents."), epilog=example("glazok agent list --json"))
@config_option
@json_option
@pass_context
def list_agents(context: CommandContext) -> None:
    from core.services import agents

    with open_desk(context) as desk:
        staff = agents.staff(desk)
    if context.json:
        print_json(
            [
                {
                    "id": one.agent.id, "login": one.agent.login, "name": one.agent.name,
                    "email": one.agent.email,
                    "admin": one.agent.admin, "active": one.agent.active,
                    "groups": one.roles, "token": one.has_token,
                }
                for one in staff
            ]
        )  # fmt: skip
        return
    rows = [
        (a.login, a.name, a.email, _groups(one.roles.items()), _state(a.active, a.admin))
        for one in staff
        for a in (one.agent,)
    ]
    print_table(
        (_("login"), _("name"), _("e-mail"), _("groups"), _("state")),
        rows,
        empty=_("Nobody works here yet. Add somebody with: glazok agent add LOGIN --group GROUP"),
    )


@command.command(
    "token",
    help=N_("Make a token for an agent's remote console, or end it. It is shown once."),
    epilog=example("glazok agent token anna", "glazok agent token anna --revoke"),
)
@click.argument("login", metavar=N_("LOGIN"))
@click.option("--revoke", is_flag=True, help=N_("End the token."))
@config_option
@json_option
@pass_context
def token(context: CommandContext, login: str, revoke: bool) -> None:
    from core.services import agents

    with open_desk(context) as desk:
        if revoke:
            ended, made = agents.revoke_token(desk, login), None
        else:
            ended, made = False, agents.new_token(desk, login)
    said = _("The token of {login} has ended.") if ended else _("{login} has no token.")
    tell(context, {"login": login, "token": made}, made or said.format(login=login))


def _let_go(edited: Edited) -> Iterator[str]:
    """What an edit took out of somebody's hands, in sentences."""
    if edited.returned:
        count = len(edited.returned)
        yield ngettext(
            "{count} ticket went back to its group: {ids}.", "{count} tickets went back to their groups: {ids}.", count
        ).format(count=count, ids=", ".join(f"#{one}" for one in edited.returned))  # fmt: skip
    if edited.withdrawn:
        count = len(edited.withdrawn)
        yield ngettext("{count} question was withdrawn.", "{count} questions were withdrawn.", count).format(
            count=count
        )


def _roles(groups: Iterable[str]) -> dict[str, Role]:
    from core.errors import BadInput

    roles = {}
    for given in groups:
        key, _colon, role = given.partition(":")
        try:
            roles[key] = Role(role or "agent")
        except ValueError:
            raise BadInput(
                _("{role} is no role.").format(role=role), hint=_("Write KEY, KEY:agent or KEY:supervisor.")
            ) from None
    return roles


def _groups(roles: Iterable[tuple[str, str]]) -> str:
    return ", ".join(key if role == "agent" else f"{key}*" for key, role in sorted(roles))


def _state(active: bool, admin: bool) -> str:
    if not active:
        return _("has left")
    return _("admin") if admin else ""
