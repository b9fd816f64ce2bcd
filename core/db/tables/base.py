"""What all tables have in common: the names of constraints, 64-bit keys, references, closed lists of values."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, cast

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
    """Base of all tables. Makes rows and sets columns with SQLAlchemy alone: SQLModel takes each value through
    pydantic as well, which checks nothing in a table and would take a fifth of the time that filing a letter does."""

    metadata = metadata

    def __init__(self, **values: Any) -> None:
        """A new row of columns by name; what is left out has its default. Raises TypeError for another name."""
        defaults, factories = _defaults(type(self))
        made = {name: make() for name, make in factories.items() if name not in values}
        if values.keys() - type(self).model_fields.keys():
            raise TypeError(
                f"{type(self).__name__} has no column {', '.join(values.keys() - type(self).model_fields)}"
            )
        # No history: of a row that is inserted all columns are.
        self.__dict__.update(defaults | made | values)

    def __setattr__(self, name: str, value: Any) -> None:
        # The columns are SQLAlchemy's descriptors.
        object.__setattr__(self, name, value)


@cache
def _defaults(row: type[Row]) -> tuple[dict[str, Any], dict[str, Callable[[], Any]]]:
    """(columns' defaults, the functions that make those which are made anew for each row)."""
    fields = row.model_fields.items()
    optional = {name: field for name, field in fields if not field.is_required()}
    factories = {
        name: cast(Callable[[], Any], field.default_factory)
        for name, field in optional.items()
        if field.default_factory is not None
    }
    return {name: field.default for name, field in optional.items() if name not in factories}, factories


def key() -> Any:
    return Field(default=None, sa_column=Column(BigId, primary_key=True))


def ref(target: str, *, null: bool = False, index: bool = False, cascade: bool = False) -> Any:
    foreign = ForeignKey(target, ondelete="CASCADE" if cascade else None)
    column = Column(BigId, foreign, nullable=null, index=index)
    return Field(default=None, sa_column=column) if null else Field(sa_column=column)


def one_of(name: str, column: str, *values: str) -> CheckConstraint:
    listed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({listed})", name=name)
