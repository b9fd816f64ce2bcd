"""Files inside a winmail.dat (TNEF, MS-OXTNEF sections 2.1.3.3.10 to 2.1.3.3.15). Imports nothing of ours.

Only what names and holds files is read. The container itself is always kept beside them.
"""

from __future__ import annotations

import mimetypes
import struct

_SIGNATURE = 0x223E9F78
_RENDERING = 0x9002
_DATA = 0x800F
_TITLE = 0x8010
_PROPERTIES = 0x9005
_LONG_NAME = 0x3707
_MIME = 0x370E
_MAX_FILES = 500


def unpacked(data: bytes) -> list[tuple[str, str, bytes]]:
    """(name, content type, content) of each file in the container; empty where it cannot be read."""
    if len(data) < 6 or struct.unpack_from("<I", data)[0] != _SIGNATURE:
        return []
    files: list[tuple[str, str, bytes]] = []
    name, kind, content = "", "", None
    position = 6
    while position + 9 <= len(data) and len(files) < _MAX_FILES:
        level, attribute, _, size = struct.unpack_from("<BHHI", data, position)
        start = position + 9
        value = data[start : start + size]
        position = start + size + 2
        if level != 2:
            continue
        if attribute == _RENDERING:
            if content is not None:
                files.append(_file(name, kind, content, len(files)))
            name, kind, content = "", "", None
        elif attribute == _DATA:
            content = value
        elif attribute == _TITLE and not name:
            name = value.split(b"\0")[0].decode("cp1251", "replace")
        elif attribute == _PROPERTIES:
            properties = _strings(value)
            name = properties.get(_LONG_NAME) or name
            kind = properties.get(_MIME) or kind
    if content is not None:
        files.append(_file(name, kind, content, len(files)))
    return files


def _file(name: str, kind: str, content: bytes, number: int) -> tuple[str, str, bytes]:
    name = name.replace("\\", "/").rsplit("/", 1)[-1].strip() or f"winmail-{number + 1}.bin"
    name = "".join(c for c in name if c.isprintable())
    return name, kind.lower() or mimetypes.guess_type(name)[0] or "application/octet-stream", content


_FIXED = {2: 4, 3: 4, 4: 4, 5: 8, 6: 8, 7: 8, 10: 4, 11: 4, 20: 8, 64: 8, 72: 16}


def _strings(value: bytes) -> dict[int, str]:
    """The string properties of an attachment (MAPI property list, MS-OXTNEF 2.1.3.4)."""
    found: dict[int, str] = {}
    if len(value) < 4:
        return found
    count = struct.unpack_from("<I", value)[0]
    position = 4
    try:
        for _ in range(min(count, 200)):
            kind, ident = struct.unpack_from("<HH", value, position)
            position += 4
            if ident >= 0x8000:
                position += 16
                named = struct.unpack_from("<I", value, position)[0]
                position += 4 + 4
                if named == 1:
                    length = struct.unpack_from("<I", value, position - 4)[0]
                    position += length + (-length % 4)
            values = 1
            if kind & 0x1000 or kind in (0x0D, 0x1E, 0x1F, 0x102):
                values = struct.unpack_from("<I", value, position)[0]
                position += 4
            kind &= ~0x1000
            for _ in range(min(values, 1000)):
                if kind in _FIXED:
                    position += _FIXED[kind]
                    continue
                length = struct.unpack_from("<I", value, position)[0]
                raw = value[position + 4 : position + 4 + length]
                position += 4 + length + (-length % 4)
                if kind == 0x1E:
                    found[ident] = raw.split(b"\0")[0].decode("cp1251", "replace")
                elif kind == 0x1F:
                    found[ident] = raw.decode("utf-16-le", "replace").split("\0")[0]
    except struct.error:
        return found
    return found
