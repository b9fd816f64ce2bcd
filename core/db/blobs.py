"""Letters and attachments as files named by their sha256: `ab/abcd…`, written once, never changed."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import re
import secrets
from datetime import datetime
from pathlib import Path

from core.errors import Unavailable
from core.i18n import _
from core.names import system_words

_SHA256 = re.compile(r"[0-9a-f]{64}")


class BlobStore:
    """A folder of content-addressed files. Safe for many processes: every write is a rename."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, sha256: str) -> Path:
        """Where a blob lies, whether or not it is there. Raises ValueError for what is no sha256."""
        if not _SHA256.fullmatch(sha256):
            raise ValueError("not a sha256 in hexadecimal")
        return self.folder / sha256[:2] / sha256

    def put(self, data: bytes) -> str:
        """Keep `data` for good (fsync of file and folder) and return its sha256.

        Raises Unavailable where the disk is full or may not be written.
        """
        name = hashlib.sha256(data).hexdigest()
        folder = self.folder / name[:2]
        target = folder / name
        try:
            if target.exists():
                # Another process may have put it there this moment, and not have synced the folder yet.
                self._sync_folder(folder)
                return name
            self._make_folder(folder)
            temporary = folder / f".{secrets.token_hex(8)}"
            try:
                with temporary.open("wb") as file:
                    file.write(data)
                    file.flush()
                    os.fsync(file.fileno())
                temporary.replace(target)
            except BaseException:
                temporary.unlink(missing_ok=True)
                raise
            self._sync_folder(folder)
        except OSError as error:
            raise self.unavailable(error) from error
        return name

    def adopt(self, file: Path) -> str:
        """Move a finished file (a large letter, streamed to disk) into the store; returns its sha256."""
        try:
            with file.open("rb") as source:
                name = hashlib.file_digest(source, "sha256").hexdigest()
                os.fsync(source.fileno())
            target = self.path(name)
            self._make_folder(target.parent)
            file.replace(target)
            self._sync_folder(target.parent)
        except OSError as error:
            raise self.unavailable(error) from error
        return name

    def temporary(self) -> Path:
        """A path on the store's own disk for something that is being streamed. Raises Unavailable."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise self.unavailable(error) from error
        return self.folder / f".incoming-{secrets.token_hex(8)}"

    def sweep(self, before: datetime) -> int:
        """Remove unfinished files that were last written before a time; returns how many."""
        removed = 0
        for file in (*self.folder.glob(".incoming-*"), *self.folder.glob("[0-9a-f][0-9a-f]/.*")):
            # Another program may remove it at the same moment, or own it.
            with contextlib.suppress(OSError):
                if file.stat().st_mtime < before.timestamp():
                    file.unlink()
                    removed += 1
        return removed

    def read(self, sha256: str) -> bytes:
        """The bytes of a blob. Raises Unavailable where it is missing."""
        try:
            return self.path(sha256).read_bytes()
        except OSError as error:
            raise self.unavailable(error) from error

    def _make_folder(self, folder: Path) -> None:
        if not folder.exists():
            folder.mkdir(parents=True, exist_ok=True)
            self._sync_folder(folder.parent)

    def _sync_folder(self, folder: Path) -> None:
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def unavailable(self, error: OSError) -> Unavailable:
        """What an error on the store's disk means to a person."""
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            return Unavailable(
                _("The disk of {folder} is full.").format(folder=self.folder),
                hint=_("Make room; what was not stored is fetched again by itself."),
            )
        return Unavailable(
            _("{folder} cannot be used: {reason}.").format(folder=self.folder, reason=system_words(error)),
            hint=_("See that the folder exists and belongs to the user who runs the desk."),
        )
