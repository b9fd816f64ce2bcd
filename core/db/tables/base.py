"""What all tables have in common: the names of constraints, 64-bit keys, references, closed lists of values."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    Integer,
    MetaData,
)
from sqlmodel import Field, SQLModel

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
metadata = MetaData(naming_convention=NAMES)

BigId = BigInteger().with_variant(Integer(), "sqlite")
"""64-bit keys everywhere; SQLite only counts up by itself where the type is exactly INTEGER."""


class Row(SQLModel):
    """Base of all tables."""

    metadata = metadata


def key() -> Any:
    return Field(default=None, sa_column=Column(BigId, primary_key=True))


def ref(target: str, *, null: bool = False, index: bool = False, cascade: bool = False) -> Any:
    foreign = ForeignKey(target, ondelete="CASCADE" if cascade else None)
    column = Column(BigId, foreign, nullable=null, index=index)
    return Field(default=None, sa_column=column) if null else Field(sa_column=column)


def one_of(name: str, column: str, *values: str) -> CheckConstraint:
    listed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({listed})", name=name)
