"""What every section of the configuration has in common. Reads no file."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,39}$")]
"""A key that people type and the database keeps: small Latin letters, digits, `_` and `-`."""


class Section(BaseModel):
    """What every section has: nothing unknown, nothing changed later, no silent conversion.

    A key that Python keeps for itself (`if`, `for`, `pass`) is a field with an alias.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, arbitrary_types_allowed=True)
