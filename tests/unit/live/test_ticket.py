"""Tickets: who signs them, how long they last."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labs.live import ticket
from labs.live.errors import TicketRefused

KEY = ticket.derive_key("an installation's secret")


def test_read_returns_what_was_issued() -> None:
    claims = ticket.read(KEY, ticket.issue(KEY, {"operation": "attach", "terminal": "é"}))
    assert claims["operation"] == "attach"
    assert claims["terminal"] == "é"


def test_two_tickets_for_the_same_thing_differ() -> None:
    assert ticket.issue(KEY, {"operation": "attach"}) != ticket.issue(KEY, {"operation": "attach"})


def test_read_refuses_a_ticket_of_another_installation() -> None:
    with pytest.raises(TicketRefused):
        ticket.read(ticket.derive_key("another secret"), ticket.issue(KEY, {"operation": "attach"}))


def test_read_refuses_an_expired_ticket() -> None:
    with pytest.raises(TicketRefused, match="expired"):
        ticket.read(KEY, ticket.issue(KEY, {"operation": "attach"}, lifetime_s=-1))


@given(st.text())
def test_read_refuses_any_other_text(text: str) -> None:
    with pytest.raises(TicketRefused):
        ticket.read(KEY, text)


@given(st.integers(min_value=0), st.integers(min_value=1, max_value=255))
def test_read_refuses_a_ticket_with_one_byte_changed(place: int, change: int) -> None:
    good = ticket.issue(KEY, {"operation": "attach", "terminal": "a"}).encode()
    place %= len(good)
    bad = good[:place] + bytes([good[place] ^ change]) + good[place + 1 :]
    with pytest.raises(TicketRefused):
        ticket.read(KEY, bad.decode("latin-1"))
