"""`glazok doctor` on the robot's scenarios: whether those whom they name are there, and what they do can be done."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from cli.checkup import Check, failed, ok, warning
from core.errors import GlazokError
from core.i18n import _

if TYPE_CHECKING:
    from core.settings import Settings


def check_scenarios(settings: Settings) -> Iterator[Check]:
    """Every login that a scenario names works here, and every status that one moves to is in every process."""
    from core.services.agents import staff
    from core.services.desk import Desk
    from core.settings.naming import logins_named, statuses_missed

    try:
        desk = Desk.open(settings)
    except GlazokError:
        return  # why it cannot be opened was said by the checks of database and secret
    try:
        known = {one.agent.login for one in staff(desk) if one.agent.active}
    finally:
        desk.close()
    well = True
    for key, login in logins_named(settings):
        if login not in known:
            well = False
            yield failed(
                key,
                _("Nobody here has the login {login}.").format(login=login),
                _("Add them with: glazok agent add {login}, or name somebody else.").format(login=login),
            )
    for key, status, process in statuses_missed(settings):
        well = False
        yield warning(
            key,
            _("The process {process} has no status {status}: on its tickets this act cannot be done.").format(
                process=process, status=status
            ),
            _("Name the tickets that are meant under “if”, or another status."),
        )
    if well:
        yield ok("robot", _("The scenarios name nobody and nothing that is not there."))
