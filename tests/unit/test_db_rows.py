"""Rows of tables, made and set without pydantic: what the base of all tables promises."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import inspect

from core.db.tables import EventRow, TicketRow

AT = datetime(2026, 11, 22, tzinfo=UTC)


def test_what_is_left_out_has_its_default_and_lists_are_each_rows_own() -> None:
    first, second = (
        TicketRow(subject="x", status="new", group_id=1, created_at=AT, since=AT, status_since=AT)
        for _ in "ab"
    )
    assert (first.id, first.owner_id, first.channel, first.version, first.way_back) == (
        None,
        None,
        "mail",
        1,
        [],
    )
    first.way_back.append([1, None])
    assert second.way_back == []


def test_a_row_has_no_other_columns_than_its_tables() -> None:
    wrong: dict[str, Any] = {"tikcet_id": 1}
    with pytest.raises(TypeError, match="EventRow has no column tikcet_id"):
        EventRow(at=AT, actor="robot", kind="opened", **wrong)


def test_what_is_set_later_is_seen_by_the_mapper() -> None:
    row = EventRow(ticket_id=1, at=AT, actor="robot", kind="opened")
    row.kind = "closed"
    assert inspect(row).attrs["kind"].history.added == ["closed"]
