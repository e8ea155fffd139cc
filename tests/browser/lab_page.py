"""The page as its user sees it: by the names that a screen reader reads out."""

from __future__ import annotations

import re
from typing import Protocol

from playwright.sync_api import Locator, Page, expect


def saying(*parts: str) -> re.Pattern[str]:
    """An accessible name that holds these parts in this order."""
    # Playwright's selectors read a slash as the end of the pattern: any character stands for it.
    return re.compile(".*".join(re.escape(part) for part in parts).replace("/", "."))


class Complaints(Protocol):
    """What a page complained of so far."""

    found: list[str]

    def forget(self) -> None: ...


class LabPage:
    """One browser page; `faults` is what it complained of, when somebody listens."""

    def __init__(self, page: Page, faults: Complaints | None = None) -> None:
        self.page = page
        self.faults = faults

    def log_in(self, name: str, password: str) -> None:
        self.page.goto("/login")
        self.try_log_in(name, password)
        expect(self.page.get_by_role("heading", name="Labs", exact=True)).to_be_visible()

    def try_log_in(self, name: str, password: str) -> None:
        self.page.get_by_label("User name").fill(name)
        self.page.get_by_label("Password", exact=True).fill(password)
        self.page.get_by_role("button", name="Log in").click()

    def launch(self, title: str) -> str:
        """Launch a lab from the catalogue, wait until it runs and return its session's id."""
        self.page.goto("/")
        self.page.get_by_role("button", name=f"Launch {title}").click()
        self.page.wait_for_url("**/sessions/*")
        self.is_in_state("running")
        return self.page.url.rpartition("/")[2]

    def open(self, session: str) -> None:
        """Show a running session, drawn."""
        self.page.goto(f"/sessions/{session}")
        expect(self.thing("host namespace alpha")).to_be_visible()

    def is_in_state(self, state: str) -> None:
        expect(self.page.locator(f'[data-session-state="{state}"]')).to_be_attached(timeout=60_000)

    def stop(self) -> None:
        self.page.get_by_role("button", name="Stop", exact=True).click()
        self.page.get_by_role("button", name="Stop the session").click()
        expect(self.page.get_by_text("This session has ended")).to_be_visible(timeout=60_000)

    def thing(self, name: str | re.Pattern[str]) -> Locator:
        """Something in the graph: a box, a pad, a switch, a socket."""
        return self.page.get_by_test_id("graph").get_by_role("button", name=name)

    def terminal(self, target: str) -> Locator:
        """Open a shell from the menu and return it once it is connected."""
        self.page.get_by_role("button", name="New terminal").click()
        self.page.get_by_role("menuitem", name=target, exact=True).click()
        return self.shell(target)

    def shell(self, target: str) -> Locator:
        """The terminal in front, connected."""
        found = self.page.locator(f'[data-terminal="{target}"][data-status="open"]:not([hidden])')
        expect(found).to_be_visible()
        return found

    def type(self, shell: Locator, line: str) -> None:
        shell.get_by_label(re.compile("^Terminal on")).focus()
        self.page.keyboard.type(f"{line}\n")

    def facts(self) -> Locator:
        return self.page.get_by_role("tabpanel", name="facts")
