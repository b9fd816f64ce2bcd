"""Numbers on the command line, refused in plain words instead of a type's name. Imports click alone."""

from __future__ import annotations

import math
from typing import Any, NoReturn

import click

from core.i18n import _


class PlainNumber(click.ParamType[Any]):
    """A number type of click's, which says in a sentence what it would have taken."""

    def __init__(self, kind: click.ParamType[Any]) -> None:
        self.kind = kind
        self.name = kind.name

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        try:
            found = self.kind.convert(value, param, ctx)
        except click.BadParameter:
            self._refuse(value)
        # click takes "nan" for a number in any range, and "inf" for one in a range without an end.
        if isinstance(found, float) and not math.isfinite(found):
            self._refuse(value)
        return found

    def _refuse(self, value: Any) -> NoReturn:
        self.fail(self._refusal().format(value=repr(value), low=self._bound("min"), high=self._bound("max")))

    def _bound(self, name: str) -> Any:
        return getattr(self.kind, name, None)

    def _refusal(self) -> str:
        whole = isinstance(self.kind, click.types.IntParamType)
        if self._bound("min") is None:
            return _("{value} is not a whole number.") if whole else _("{value} is not a number.")
        if self._bound("max") is None:
            return (
                _("{value} is not a whole number of {low} or more.")
                if whole
                else _("{value} is not a number of {low} or more.")
            )
        return (
            _("{value} is not a whole number from {low} to {high}.")
            if whole
            else _("{value} is not a number from {low} to {high}.")
        )


def plainly(kind: click.ParamType[Any]) -> click.ParamType[Any]:
    """A type of a parameter, as a PlainNumber where it takes numbers."""
    if isinstance(kind, (click.types.IntParamType, click.types.FloatParamType)):
        return PlainNumber(kind)
    return kind
