"""The floor of ingest: fetch, parse, insert, with the standard library alone.

    python -m measuring.mail_floor PORT USER PASSWORD LOW_UID DATABASE

imaplib in ranges of 200, `email.policy.default`, one transaction of plain inserts for each range. Nothing is joined,
routed, cleaned or kept as a file. Prints how many letters there were.
"""

from __future__ import annotations

import email
import email.policy
import imaplib
import sqlite3
import sys
from contextlib import closing
from typing import Any

RANGE = 200


def main() -> None:
    port, user, password, low, path = sys.argv[1:]
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        database.execute("PRAGMA journal_mode=WAL")
        database.execute("PRAGMA synchronous=FULL")
        database.execute(
            "CREATE TABLE IF NOT EXISTS letter "
            "(id INTEGER PRIMARY KEY, uid INTEGER, rfc_id TEXT, sender TEXT, subject TEXT, body TEXT, files INTEGER)"
        )
        client = imaplib.IMAP4("127.0.0.1", int(port))
        client.login(user, password)
        client.select("INBOX", readonly=True)
        found = client.uid("SEARCH", f"UID {low}:*")[1][0].split()
        uids = [int(uid) for uid in found if int(uid) >= int(low)]
        for start in range(0, len(uids), RANGE):
            chunk = uids[start : start + RANGE]
            answer = client.uid("FETCH", f"{chunk[0]}:{chunk[-1]}", "(UID BODY.PEEK[])")[1]
            rows = [_row(part) for part in answer if isinstance(part, tuple)]
            database.execute("BEGIN IMMEDIATE")
            database.executemany(
                "INSERT INTO letter (uid, rfc_id, sender, subject, body, files) VALUES (?, ?, ?, ?, ?, ?)",
                rows,
            )
            database.execute("COMMIT")
        client.logout()
        print(len(uids))


def _row(part: tuple[bytes, bytes]) -> tuple[Any, ...]:
    message = email.message_from_bytes(part[1], policy=email.policy.default)
    body = message.get_body(("plain", "html"))
    uid = int(part[0].split(b"UID ")[1].split()[0])
    files = sum(len(file.get_content()) for file in message.iter_attachments())
    text = body.get_content() if body else ""
    return uid, message["Message-ID"], str(message["From"]), str(message["Subject"]), text, files


if __name__ == "__main__":
    main()
