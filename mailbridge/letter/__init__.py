"""Reading letters: bytes in, one `core.domain.letters.Letter` out, whatever the bytes are.

`read` never raises and drops no part. It has no clock, no files, no settings; `mailbridge.parsing` puts a time
limit around it. Imports core.domain and this package alone.
"""

from __future__ import annotations

from mailbridge.letter.reading import read

__all__ = ["read"]
