"""A whole instance, Chromium, and pages of it on which someone is logged in."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Route, expect, sync_playwright

from tests.browser.lab_page import LabPage
from tests.integration.setup.conftest import Instance, raised

CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
WIDE = (1440, 900)
NARROW = (390, 844)

expect.set_options(timeout=15_000)  # the machine may have two cores and other things to do


@pytest.fixture(scope="package")
def instance() -> Iterator[Instance]:
    """An instance that is up, with its page built, for all tests in a browser."""
    with raised() as made:
        yield made


@pytest.fixture(scope="package")
def login(instance: Instance) -> tuple[str, str]:
    """The admin's name and password, as `./nq up` tells them."""
    told = next(line for line in instance.nq("up").stdout.splitlines() if line.strip().startswith("login"))
    words = told.split()
    return words[words.index("login") + 1], words[words.index("password") + 1]


@pytest.fixture(scope="package")  # Playwright keeps an event loop running, which tests elsewhere must not meet
def browser() -> Iterator[Browser]:
    if not Path(CHROMIUM).exists():
        pytest.skip(f"{CHROMIUM} is not installed")
    # Playwright turns Node's own warnings about its driver's sockets into nothing we could act on.
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield found
        found.close()


@pytest.fixture(scope="package")
def cookies(browser: Browser, instance: Instance, login: tuple[str, str]) -> Path:
    """Where a logged-in browser's cookies are kept."""
    context = browser.new_context(base_url=address(instance))
    page = context.new_page()
    LabPage(page).log_in(*login)
    kept = instance.settings.state / "cookies.json"
    context.storage_state(path=kept)
    context.close()
    return kept


def address(instance: Instance) -> str:
    return f"http://127.0.0.1:{instance.settings.port}"


class Faults:
    """What a page complained of: exceptions, refused scripts and styles, broken resources."""

    def __init__(self, page: Page) -> None:
        self.found: list[str] = []
        page.on("pageerror", lambda error: self.found.append(str(error)))
        page.on("console", self._console)

    def _console(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.found.append(f"{message.text} ({message.location.get('url')})")

    def forget(self) -> None:
        """Leave out what the test itself provoked."""
        self.found.clear()


def opened(browser: Browser, instance: Instance, cookies: Path | None, size: tuple[int, int]) -> BrowserContext:
    context = browser.new_context(
        base_url=address(instance),
        viewport={"width": size[0], "height": size[1]},
        has_touch=size == NARROW,
        storage_state=cookies,
        reduced_motion="reduce",
    )
    context.set_default_timeout(20_000)
    return context


@pytest.fixture
def stranger(browser: Browser, instance: Instance) -> Iterator[LabPage]:
    """A page on which nobody is logged in."""
    context = opened(browser, instance, None, WIDE)
    yield LabPage(context.new_page())
    context.close()


@pytest.fixture
def page(browser: Browser, instance: Instance, cookies: Path) -> Iterator[LabPage]:
    """A wide page of someone logged in; at the end it must have had nothing to complain of."""
    context = opened(browser, instance, cookies, WIDE)
    inner = context.new_page()
    faults = Faults(inner)
    yield LabPage(inner, faults)
    context.close()
    assert faults.found == []


@pytest.fixture
def phone(browser: Browser, instance: Instance, cookies: Path) -> Iterator[LabPage]:
    """The same on a screen of 390 by 844."""
    context = opened(browser, instance, cookies, NARROW)
    inner = context.new_page()
    faults = Faults(inner)
    yield LabPage(inner, faults)
    context.close()
    assert faults.found == []


def aborted(route: Route) -> None:
    route.abort()


@pytest.fixture(scope="module")
def session(browser: Browser, instance: Instance, cookies: Path) -> Iterator[str]:
    """The id of a running session of the lab default-bridge, shared by a module's tests; stopped at its end."""
    context = opened(browser, instance, cookies, WIDE)
    page = LabPage(context.new_page())
    yield page.launch("The default bridge")
    page.stop()
    context.close()
