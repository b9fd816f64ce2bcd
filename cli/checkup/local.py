"""Checks of this machine: secrets, database, disk, folders, language, staff. No network."""

from __future__ import annotations

import locale
import os
import shutil
import stat
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from cli.checkup import Check, failed, ok, warning
from core.db.checkup import check_database, check_server, has_wal_reset_bug, sqlite_version
from core.errors import ConfigError, GlazokError
from core.i18n import _, ngettext
from core.names import system_words
from core.settings import Secret, Settings
from core.settings.environment import SHORT, variable

if TYPE_CHECKING:
    from core.services.agents import GroupMembers

NEARLY_FULL = 1 << 30
"""Bytes free under which the disk is worth a warning: a few large letters away from full."""
FULL = 100 << 20
"""Bytes free under which letters can be lost to a full disk any minute."""

NETWORK_FILE_SYSTEMS = frozenset(
    {"nfs", "nfs4", "cifs", "smb3", "smbfs", "afs", "9p", "fuse.sshfs", "glusterfs"}
)


def check_secrets(settings: Settings) -> Iterator[Check]:
    """Every secret can be read, by the desk's user alone."""
    by_value = False
    for secret in settings.secrets():
        part = secret.key
        by_value = by_value or secret.by_value
        try:
            found = secret.reveal() if secret.key == "desk.secret" else secret.reveal_line()
        except ConfigError as error:
            yield failed(part, error.message.removeprefix(f"{secret.key}: "), error.hint)
            continue
        if secret.key == "desk.secret" and len(found) < 16:
            yield failed(
                part,
                _("The desk's secret is shorter than 16 characters."),
                _("Write 32 random characters into {source}.").format(source=secret.source),
            )
        elif secret.open_to_others():
            yield warning(
                part,
                _("{file} can be read by other users of this machine.").format(file=secret.file),
                _("Close it: chmod 600 {file}").format(file=secret.file),
            )
        else:
            yield ok(part, _source(secret, settings))
    if by_value and settings.path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        yield warning(
            "config",
            _("{file} holds a secret and can be read by other users.").format(file=settings.path),
            _("Close it: chmod 600 {file}").format(file=settings.path),
        )


def _source(secret: Secret, settings: Settings) -> str:
    if not secret.by_value:
        return _("Read from {source}.").format(source=secret.source)
    key = tuple(secret.key.split("."))
    names = [variable(key), *(name for name, path in SHORT.items() if path == key)]
    set_by = next((name for name in names if os.environ.get(name)), "")
    if set_by:
        return _("Read from {source}.").format(source=f"${set_by}")
    return _("It stands in {file} itself.").format(file=settings.path)


def check_the_database(settings: Settings) -> Iterator[Check]:
    """The database is there, sound, of this program's schema; a file in WAL mode, on a local disk."""
    if settings.on_postgres:
        yield from check_the_server(settings)
        return
    path = settings.database_path
    try:
        found = check_database(path)
    except GlazokError as error:
        yield failed("desk.database", error.message, error.hint)
        return
    if not found.schema:
        yield failed(
            "desk.database",
            _("There is no desk in {path} yet.").format(path=path),
            _("Make the database with: glazok db upgrade"),
        )
        return
    if found.damage:
        yield failed(
            "desk.database",
            _("{path} is damaged: {damage}.").format(path=path, damage=found.damage),
            _("Stop all programs of the desk and restore the file from a backup."),
        )
    elif found.schema != found.wanted:
        advice = _("Bring it up to date, with a backup made first, by: glazok db upgrade")
        if found.schema > found.wanted:
            advice = _("Install the version of Glazok that the other machines use.")
        text = _("{path} has the schema {found}, this program needs {wanted}.")
        yield failed("desk.database", text.format(path=path, found=found.schema, wanted=found.wanted), advice)
    elif found.journal != "wal":
        yield failed(
            "desk.database",
            _("{path} has the journal mode {mode} instead of wal.").format(path=path, mode=found.journal),
            _("Stop all programs of the desk and start them again; they set it."),
        )
    else:
        yield ok(
            "desk.database", _("{path} is sound, schema {schema}.").format(path=path, schema=found.schema)
        )
    system = file_system(path)
    if system in NETWORK_FILE_SYSTEMS:
        yield failed(
            "desk.database",
            _("{path} lies on a network file system ({system}), where SQLite's locks do not hold.").format(
                path=path, system=system
            ),
            _("Move it to a local disk and name the new place under desk.database."),
        )
    yield check_sqlite(sqlite_version())


def check_the_server(settings: Settings) -> Iterator[Check]:
    """The PostgreSQL server can be reached, is new enough, and its database has this program's schema."""
    part, shown = "desk.database", settings.database_shown
    try:
        found = check_server(settings)
    except GlazokError as error:
        yield failed(part, error.message, error.hint)
        return
    if not found.schema:
        yield failed(
            part,
            _("There is no desk in {path} yet.").format(path=shown),
            _("Make the database with: glazok db upgrade"),
        )
    elif found.schema != found.wanted:
        advice = _("Make a backup with pg_dump, then bring it up to date by: glazok db upgrade")
        if found.schema > found.wanted:
            advice = _("Install the version of Glazok that the other machines use.")
        text = _("{path} has the schema {found}, this program needs {wanted}.")
        yield failed(part, text.format(path=shown, found=found.schema, wanted=found.wanted), advice)
    elif found.restored:
        yield failed(
            part,
            _(
                "{path} was restored from another server: its boards and its robot would miss what is new."
            ).format(path=shown),
            _("Stop all programs of the desk and run: glazok db upgrade"),
        )
    else:
        yield ok(part, _("{path} answers, schema {schema}.").format(path=shown, schema=found.schema))
    if found.version < found.oldest:
        yield failed(
            "postgresql",
            _("The server is PostgreSQL {version}, and {oldest} is the oldest that will do.").format(
                version=found.version, oldest=found.oldest
            ),
            _("Move the database to a newer server with pg_dump and pg_restore."),
        )
    else:
        yield ok("postgresql", _("PostgreSQL {version}.").format(version=found.version))
    if not found.encrypted:
        yield failed(
            "postgresql",
            _("Letters and passwords cross the network to {path} unprotected.").format(path=shown),
            _("Switch TLS on in the server, and add ?sslmode=verify-full to desk.database."),
        )


def check_sqlite(version: tuple[int, int, int]) -> Check:
    """The SQLite library has no known way to damage the database."""
    shown = ".".join(map(str, version))
    if has_wal_reset_bug(version):
        return warning(
            "sqlite",
            _("SQLite {version} can, very rarely, damage a database that several processes use.").format(
                version=shown
            ),
            _("Keep backups, and take a Python with SQLite 3.51.3 or newer when there is one."),
        )
    return ok("sqlite", _("SQLite {version}.").format(version=shown))


def check_disk(settings: Settings) -> Iterator[Check]:
    """There is room, and the folder of attachments and letters can be written."""
    folder = settings.blobs_folder
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=folder, prefix=".doctor-"):
            pass
    except OSError as error:
        yield failed(
            "desk.blobs",
            _("{folder} cannot be written: {why}.").format(folder=folder, why=system_words(error)),
            _("Give the folder to the desk's user, or name another one under desk.blobs."),
        )
    else:
        yield ok("desk.blobs", _("{folder} can be written.").format(folder=folder))
    kept = [folder] if settings.on_postgres else [settings.database_path.parent, folder]
    places = {_device(place): place for place in kept if place.exists()}
    for place in places.values():
        yield check_room(place, shutil.disk_usage(place).free)


def check_room(place: Path, free: int) -> Check:
    """Whether `free` bytes are enough for some time."""
    text = _("{size} MB are free in {folder}.").format(size=free >> 20, folder=place)
    if free < FULL:
        return failed("disk", text, _("Make room now: letters cannot be stored on a full disk."))
    if free < NEARLY_FULL:
        return warning("disk", text, _("Make room soon."))
    return ok("disk", text)


def check_language() -> Check:
    """The terminal's character set can show every letter."""
    try:
        locale.setlocale(locale.LC_CTYPE, "")
        charset = locale.nl_langinfo(locale.CODESET)
    except locale.Error:
        charset = "?"
    if charset.upper().replace("-", "") == "UTF8":
        return ok("locale", _("The locale is UTF-8."))
    return warning(
        "locale",
        _("The locale's character set is {charset}, not UTF-8.").format(charset=charset),
        _("Set one before starting a console: export LANG=C.UTF-8"),
    )


def check_staff(settings: Settings) -> Iterator[Check]:
    """Somebody sees the tickets of each group."""
    from core.services.agents import groups, staff
    from core.services.desk import Desk

    try:
        desk = Desk.open(settings)
    except GlazokError:
        return  # why it cannot be opened was said by the checks of database and secret
    try:
        found, with_mail = groups(desk), any(one.agent.email for one in staff(desk))
    finally:
        desk.close()
    yield from _left_over(found)
    if with_mail:
        yield from _unasked(settings)
    known = {members.group.key for members in found}
    for key in settings.groups:
        part = f"groups.{key}"
        people = [login for one in found if one.group.key == key for login in (*one.agents, *one.supervisors)]
        if key not in known:
            yield warning(
                part,
                _("The group is new in the configuration: programs that run already do not know it yet."),
                _(
                    "They take it in when they start or reload. Add somebody, which does so at once: "
                    "glazok agent add LOGIN --group {key}"
                ).format(key=key),
            )
        elif not people:
            yield failed(
                part,
                _("Nobody is in this group: nobody would see its tickets."),
                _("Add somebody with: glazok agent add LOGIN --group {key}").format(key=key),
            )
        else:
            yield ok(part, _("In it: {people}.").format(people=", ".join(people)))


def _unasked(settings: Settings) -> Iterator[Check]:
    """Mailboxes where nobody checks whether a letter in an agent's name is theirs."""
    for key, mailbox in settings.mailboxes.items():
        if not mailbox.authserv_id:
            yield warning(
                f"mailboxes.{key}.authserv_id",
                _("Nobody checks whether a letter in an agent's name is theirs."),
                _("If your mail server checks DMARC, write the name in its Authentication-Results here."),
            )


def _left_over(found: Iterable[GroupMembers]) -> Iterator[Check]:
    """Groups that were taken out of the configuration while tickets are open in them."""
    for one in found:
        if one.group.active or not one.open_tickets:
            continue
        text = ngettext(
            "The group has left the configuration, and {n} ticket is still open in it.",
            "The group has left the configuration, and {n} tickets are still open in it.",
            one.open_tickets,
        ).format(n=one.open_tickets)
        advice = _(
            "Find them with “glazok ticket list --group {key}” and pass them on with “glazok ticket pass”, or put "
            "[groups.{key}] back."
        ).format(key=one.group.key)
        yield warning(f"groups.{one.group.key}", text, advice)


def check_letters(settings: Settings) -> Iterator[Check]:
    """Every letter that a server lists has been had from it."""
    from core.services.desk import Desk
    from core.services.ledger import all_unfetched

    try:
        desk = Desk.open(settings)
    except GlazokError:
        return  # why it cannot be opened was said by the checks of database and secret
    try:
        found = all_unfetched(desk)
    finally:
        desk.close()
    for key, count, since in found:
        text = ngettext(
            "{count} letter is listed by the server, which has not given it since {since}.",
            "{count} letters are listed by the server, which has not given them since {since}.",
            count,
        )
        yield warning(
            f"mailboxes.{key}",
            text.format(count=count, since=f"{since:%Y-%m-%d %H:%M} UTC"),
            _("The bridge goes on asking; see the folder with a mail program."),
        )


def file_system(path: Path) -> str:
    """The type of the file system that a path lies on, empty where the system does not tell."""
    try:
        rows = [line.split() for line in Path("/proc/mounts").read_text("utf-8").splitlines()]
    except OSError:
        return ""
    path = path.resolve()
    fits = [(len(row[1]), row[2]) for row in rows if path.is_relative_to(row[1].replace("\\040", " "))]
    return max(fits)[1] if fits else ""


def _device(place: Path) -> int:
    return place.stat().st_dev
