"""Logging in, and choosing a lab."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import aborted
from tests.browser.lab_page import LabPage

pytestmark = [pytest.mark.browser, pytest.mark.engine]


def test_a_wrong_password_is_refused_in_words(stranger: LabPage, login: tuple[str, str]) -> None:
    stranger.page.goto("/login")
    stranger.try_log_in(login[0], "not it")
    expect(stranger.page.get_by_role("alert")).to_contain_text("do not belong together")


def test_a_visitor_logs_in_and_comes_to_the_page_asked_for(stranger: LabPage, login: tuple[str, str]) -> None:
    stranger.page.goto("/labs/none-mode")
    stranger.page.wait_for_url("**/login")
    stranger.try_log_in(*login)
    expect(stranger.page.get_by_role("dialog", name="No network at all")).to_be_visible()


def test_labs_are_found_by_words_and_by_subject(page: LabPage) -> None:
    page.page.goto("/")
    cards = page.page.get_by_role("article")
    expect(cards.first).to_be_visible()
    count = cards.count()
    page.page.get_by_label("Search labs").fill("vxlan swarm")
    expect(cards).to_have_count(1)
    page.page.get_by_label("Search labs").fill("no such thing")
    expect(page.page.get_by_text("No lab matches")).to_be_visible()
    page.page.get_by_role("button", name="Show all labs").click()
    expect(cards).to_have_count(count)
    page.page.get_by_role("button", name="macvlan", exact=True).click()
    expect(cards).to_have_count(1)


def test_a_lab_shows_its_lesson_its_parts_and_its_files(page: LabPage) -> None:
    page.page.goto("/labs/pod-pause")
    lab = page.page.get_by_role("dialog")
    expect(lab.get_by_role("heading", name="Steps")).to_be_visible()
    lab.get_by_role("tab", name="What starts").click()
    expect(lab.get_by_role("cell", name="sidecar")).to_be_visible()
    lab.get_by_role("tab", name="Files").click()
    expect(lab.get_by_role("region", name="compose.yaml")).to_contain_text("network_mode: service:pause")


def test_a_server_that_does_not_answer_is_said_and_asked_again(page: LabPage) -> None:
    page.page.route("**/api/v1/labs/", aborted)
    page.page.goto("/")
    told = page.page.get_by_role("alert").filter(has_text="The labs cannot be listed")
    expect(told).to_contain_text("does not answer")
    page.page.unroute("**/api/v1/labs/")
    told.get_by_role("button", name="Try again").click()
    expect(page.page.get_by_role("article").first).to_be_visible()
    assert page.faults is not None
    page.faults.forget()


def test_a_session_that_does_not_exist_is_said(page: LabPage) -> None:
    page.page.goto("/sessions/000000000000")
    expect(page.page.get_by_role("alert")).to_contain_text("session_not_found")
    assert page.faults is not None
    page.faults.forget()
