"""What is PostgreSQL's own: settings of a connection and the meaning of its errors. Loads no SQLAlchemy, and
the driver only where a desk lies on PostgreSQL."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from core.errors import Collision, ConfigError, GlazokError, Unavailable
from core.i18n import _

if TYPE_CHECKING:
    from psycopg import Connection

    from core.db.place import Place

OLDEST = 15
"""The oldest major version that the tests run on."""

CONNECT_SECONDS = 5
LOCK_MS = 2000
"""How long a statement waits for a row that somebody else holds."""
STATEMENT_MS = 5000
"""How long one statement may take; only migrations and sample desks may take longer."""
IDLE_MS = 30_000
"""After so long inside an idle transaction the server takes the locks of a program that hangs away."""

SETTINGS = {
    "lock_timeout": LOCK_MS,
    "statement_timeout": STATEMENT_MS,
    "idle_in_transaction_session_timeout": IDLE_MS,
    "TimeZone": "UTC",
    "client_encoding": "UTF8",
}


def driver() -> Any:
    """The driver's module. Raises ConfigError where it is not installed."""
    try:
        import psycopg
    except ImportError:
        raise ConfigError(
            _("desk.database names a PostgreSQL database, and its driver is not installed."),
            hint=_("Install it: pip install 'glazok[postgres]'"),
        ) from None
    return psycopg


def connect(place: Place, *, read_only: bool = False) -> Connection[Any]:
    """A connection with the desk's settings; autocommit and unable to write where it is `read_only`.

    Raises Unavailable, with a sentence, where the server cannot be reached or refuses.
    """
    driver()
    import psycopg

    settings: dict[str, object] = dict(SETTINGS)
    if read_only:
        settings["default_transaction_read_only"] = "on"
    options = " ".join(f"-c {name}={value}" for name, value in settings.items())
    password = place.password()
    try:
        connection = psycopg.connect(
            place.dsn,
            password=password or None,
            autocommit=read_only,
            options=options,
            application_name="glazok",
            connect_timeout=CONNECT_SECONDS,
            # A cable that was pulled out is noticed within a minute.
            keepalives_idle=20,
            keepalives_interval=10,
            keepalives_count=3,
        )
    except psycopg.Error as error:
        raise explain(error, str(place)) or error from error
    from core.db.postgres_text import StrWithoutNul

    connection.adapters.register_dumper(str, StrWithoutNul)
    return connection


def explain(error: Exception, shown: str) -> GlazokError | None:
    """A sentence for what a person can mend or repeat; None for what is a bug of ours."""
    psycopg = driver()
    if not isinstance(error, psycopg.Error):
        return None
    state = error.sqlstate or ""
    match state:
        case "55P03" | "57014":
            return Unavailable(
                _("The database {path} is busy: another program holds what is needed.").format(path=shown),
                hint=_("Try again; if it stays so, look into pg_stat_activity for who holds it."),
            )
        case "40001" | "40P01":
            return Collision(
                _("Two programs wanted the same rows of the database {path} at the same moment.").format(
                    path=shown
                ),
                hint=_("Nothing was changed. Repeat the command."),
            )
        case "23505":
            return Collision(
                _("Somebody did the same in the database {path} at the same moment.").format(path=shown),
                hint=_("Nothing was changed. Repeat the command."),
            )
        case "53100":
            return Unavailable(
                _("The disk of the database {path} is full.").format(path=shown),
                hint=_("Make room and try again; nothing that was saved before is lost."),
            )
        case "53300" | "57P03":
            return Unavailable(
                _("The database {path} takes no connection now.").format(path=shown),
                hint=_("Try again; if it stays so, raise max_connections of the server."),
            )
        case "25006" | "42501":
            return Unavailable(
                _("The database {path} may not be written.").format(path=shown),
                hint=_(
                    "Give the tables to the role that desk.database names, on the server that takes writes."
                ),
            )
        case "3D000":
            return _no_database(shown)
    if state.startswith("28"):
        return _refused(shown)
    # Without a state the error is the connection's: refused, not found, lost.
    if isinstance(error, psycopg.OperationalError) and (not state or state.startswith(("08", "57P"))):
        return _no_connection(str(error), shown)
    return None


def _no_connection(said: str, shown: str) -> Unavailable:
    """libpq gives no code for what failed before there was a session, only the server's words, mostly in English."""
    if re.search(r'database ".*" does not exist', said):
        return _no_database(shown)
    if re.search(r'role ".*" does not exist|authentication failed|no pg_hba\.conf entry|no password', said):
        return _refused(shown)
    from core.text import terminal_safe

    reason = terminal_safe(said.strip().splitlines()[-1] if said.strip() else "").strip().rstrip(".")
    return Unavailable(
        _("The database {path} cannot be reached: {reason}.").format(path=shown, reason=reason),
        hint=_("See that its server runs and that host, port and name under desk.database are right."),
    )


def _no_database(shown: str) -> Unavailable:
    return Unavailable(
        _("There is no database {path} yet.").format(path=shown),
        hint=_("Make it on the server with createdb, then the desk in it with: glazok db upgrade"),
    )


def _refused(shown: str) -> Unavailable:
    return Unavailable(
        _("The database {path} refuses the role or its password.").format(path=shown),
        hint=_("See desk.database and desk.database_password_file, and the server's pg_hba.conf."),
    )
