"""A running session: drawn, changed by hand, probed, stopped."""

from __future__ import annotations

import json
import re

import pytest
from playwright.sync_api import expect

from labsite.setup import supervisor
from tests.browser.lab_page import LabPage, saying
from tests.integration.setup.conftest import Instance

pytestmark = [pytest.mark.browser, pytest.mark.engine]


def test_the_graph_shows_containers_addresses_and_the_bridge(page: LabPage, session: str) -> None:
    """[web]--veth--[docker0]--veth--[client]"""
    page.open(session)
    expect(page.thing("container namespace web")).to_be_visible()
    expect(page.thing("container namespace client")).to_be_visible()
    expect(page.thing(saying("veth eth0, up, 172.17.0.2/16", "network bridge"))).to_be_visible()
    expect(page.thing(saying("bridge docker0, up, 172.17.0.1/16", "2 ports"))).to_be_visible()


def test_the_graph_shows_what_the_kernel_says(page: LabPage, session: str, instance: Instance) -> None:
    page.open(session)
    told = instance.nq("exec", session, "alpha", "--", "ip", "-j", "addr")
    for interface in json.loads(told.stdout):
        if interface["ifname"] == "lo":
            continue
        found = page.thing(re.compile(rf"^\S+ {re.escape(interface['ifname'])}, "))
        expect(found.first).to_be_visible()
        for address in interface["addr_info"]:
            expect(found.first).to_have_accessible_name(
                re.compile(re.escape(f"{address['local']}/{address['prefixlen']}"))
            )


def test_what_is_typed_in_a_terminal_appears_without_a_reload(page: LabPage, session: str) -> None:
    page.open(session)
    page.page.evaluate("window.untouched = true")
    shell = page.terminal("alpha")
    page.type(shell, "docker network create demo && docker run -d --name fresh --network demo netquarium/tools:1")
    expect(page.thing("container namespace fresh")).to_be_visible()
    expect(page.thing(saying("veth eth0, up", "network demo"))).to_be_visible()
    page.type(shell, "ip link add left type veth peer name right")
    expect(page.thing(saying("veth left,"))).to_be_visible()
    expect(page.thing(saying("veth right,"))).to_be_visible()
    page.type(shell, "ip link del left; docker rm -f fresh; docker network rm demo")
    expect(page.thing("container namespace fresh")).to_have_count(0)
    expect(page.thing(saying("veth left,"))).to_have_count(0)
    page.page.get_by_role("tab", name="Events").click()
    expect(page.page.get_by_role("list", name="Events")).to_contain_text("container fresh started")
    assert page.page.evaluate("window.untouched")


def test_commands_of_the_lesson_run_in_one_terminal_by_a_click(page: LabPage, session: str) -> None:
    page.open(session)
    commands = page.page.get_by_role("button", name=re.compile("^Run on alpha: docker"))
    for number in (0, 1):
        command = (commands.nth(number).get_attribute("aria-label") or "").removeprefix("Run on alpha: ")
        commands.nth(number).click()
        expect(page.shell("alpha")).to_contain_text(command.split("  ")[0][:40])
    expect(page.page.get_by_role("tab", name=re.compile("^alpha$"))).to_have_count(1)


def test_boxes_stay_where_they_are_when_something_is_added(page: LabPage, session: str) -> None:
    page.open(session)
    shell = page.terminal("alpha")
    boxes = ".react-flow__node-namespace:not(:has([data-role=underlay]))"  # the underlay is as wide as all hosts
    placed = f"[...document.querySelectorAll('{boxes}')].map(box => [box.dataset.id, box.style.transform])"
    page.page.wait_for_timeout(8_500)  # a lab that came up just now is still being arranged for so long
    before = dict(page.page.evaluate(placed))
    page.type(shell, "docker run -d --name added netquarium/tools:1")
    expect(page.thing("container namespace added")).to_be_visible()
    after = dict(page.page.evaluate(placed))
    assert {name: after[name] for name in before} == before
    page.type(shell, "docker rm -f added")
    expect(page.thing("container namespace added")).to_have_count(0)


def test_a_reload_finds_the_same_shell_with_what_it_printed(page: LabPage, session: str) -> None:
    page.open(session)
    shell = page.terminal("alpha/web")
    page.type(shell, "kept=4711; echo shell $((kept + 1)) here")
    expect(shell).to_contain_text("shell 4712 here")
    page.page.reload()
    shell = page.shell("alpha/web")
    expect(shell).to_contain_text("shell 4712 here")
    page.type(shell, "echo still $kept")
    expect(shell).to_contain_text("still 4711")


def test_a_shell_outlives_a_change_of_layout(page: LabPage, session: str) -> None:
    page.open(session)
    shell = page.terminal("alpha/web")
    page.type(shell, "turned=4713; echo before $turned")
    expect(shell).to_contain_text("before 4713")
    page.page.set_viewport_size({"width": 390, "height": 844})
    page.page.get_by_role("button", name="Terminal", exact=True).click()
    page.shell("alpha/web")
    page.page.set_viewport_size({"width": 1440, "height": 900})
    shell = page.shell("alpha/web")
    page.type(shell, "echo after $turned")
    expect(shell).to_contain_text("after 4713")


def test_a_shell_that_ends_says_so(page: LabPage, session: str) -> None:
    page.open(session)
    shell = page.terminal("alpha/client")
    page.type(shell, "exit 3")
    ended = page.page.locator('[data-terminal="alpha/client"][data-status="ended"]')
    expect(ended).to_contain_text("ended with code 3")
    ended.get_by_role("button", name="Close").click()
    expect(page.page.get_by_role("tab", name="alpha/client")).to_have_count(0)


def test_facts_of_a_namespace_are_the_kernels(page: LabPage, session: str) -> None:
    page.open(session)
    page.thing("container namespace web").click()
    expect(page.facts()).to_contain_text("default via 172.17.0.1 dev eth0")
    for tab in ("Neighbours", "FDB", "Rules", "Counters"):
        page.facts().get_by_role("tab", name=tab).click()
        expect(page.facts().get_by_role("tab", name=tab)).to_have_attribute("aria-selected", "true")
    page.facts().get_by_role("tab", name="Sysctls").click()
    expect(page.facts()).to_contain_text("net.ipv4.ip_forward")
    page.thing("host namespace alpha").click()
    page.facts().get_by_role("tab", name="Rules").click()
    expect(page.facts()).to_contain_text("ip nat POSTROUTING")


def test_a_route_added_by_hand_is_read_again(page: LabPage, session: str, instance: Instance) -> None:
    page.open(session)
    page.thing("host namespace alpha").click()
    expect(page.facts()).to_contain_text("default via")
    instance.nq("exec", session, "alpha", "--", "ip", "route", "add", "203.0.113.0/24", "via", "172.17.0.2")
    expect(page.facts()).to_contain_text("203.0.113.0/24 via 172.17.0.2")
    instance.nq("exec", session, "alpha", "--", "ip", "route", "del", "203.0.113.0/24")
    expect(page.facts()).not_to_contain_text("203.0.113.0/24 via")


def test_a_probe_gives_a_verdict_and_lights_up_both_ends(page: LabPage, session: str) -> None:
    page.open(session)
    page.thing("container namespace client").click()
    page.page.get_by_role("button", name="Probe from here").click()
    page.page.get_by_role("combobox", name="To").fill("alpha/web")
    page.page.get_by_role("button", name="Probe", exact=True).click()
    verdict = page.page.locator('article[data-verdict="reachable"]').first
    expect(verdict).to_contain_text("alpha/client → alpha/web")
    verdict.get_by_role("button").click()
    expect(page.thing("container namespace client")).to_have_attribute("data-end", "true")
    expect(page.thing("container namespace web")).to_have_attribute("data-end", "true")
    page.page.get_by_role("radiogroup", name="Protocol").get_by_text("TCP").click()
    page.page.get_by_role("textbox", name="Port", exact=True).fill("81")
    page.page.get_by_role("button", name="Probe", exact=True).click()
    expect(page.page.locator('article[data-verdict="refused"]').first).to_contain_text("TCP 81")


def test_a_link_that_goes_down_is_seen_down(page: LabPage, session: str, instance: Instance) -> None:
    page.open(session)
    eth0 = page.thing(saying("veth eth0", "172.17.0.3/16"))
    expect(eth0).not_to_have_attribute("data-down", "true")
    far = json.loads(
        instance.nq("exec", session, "alpha", "--", "ip", "-j", "link", "show", "master", "docker0").stdout
    )[1]
    instance.nq("exec", session, "alpha", "--", "ip", "link", "set", far["ifname"], "down")
    expect(eth0).to_have_attribute("data-down", "true")
    instance.nq("exec", session, "alpha", "--", "ip", "link", "set", far["ifname"], "up")
    expect(eth0).not_to_have_attribute("data-down", "true")


def test_keys_move_the_selection_and_find_things(page: LabPage, session: str) -> None:
    page.open(session)
    page.thing("container namespace web").focus()
    page.page.keyboard.press("Enter")
    expect(page.thing("container namespace web")).to_have_attribute("aria-pressed", "true")
    page.page.keyboard.press("ArrowDown")
    expect(page.thing("container namespace web")).to_have_attribute("aria-pressed", "false")
    expect(page.page.locator("[data-item]:focus")).to_have_attribute("aria-pressed", "true")
    page.page.keyboard.press("Escape")
    expect(page.page.locator('[data-item][aria-pressed="true"]')).to_have_count(0)
    page.page.keyboard.press("/")
    page.page.keyboard.type("172.17.0.2")
    expect(page.page.get_by_text("1 found")).to_be_visible()
    page.page.keyboard.press("Enter")
    expect(page.facts()).to_contain_text("172.17.0.2/16")
    page.page.keyboard.press("Escape")
    page.page.keyboard.press("?")
    expect(page.page.get_by_role("dialog", name="Help")).to_be_visible()


def test_every_message_is_stamped_when_it_is_drawn(page: LabPage, session: str, instance: Instance) -> None:
    page.open(session)
    instance.nq("exec", session, "alpha", "--", "ip", "link", "add", "stamped", "type", "veth")
    expect(page.thing(saying("veth stamped,"))).to_be_visible()
    stamps = page.page.evaluate("window.__netquarium")
    last = stamps["messages"][-1]
    assert stamps["drawn"] >= last["sequence"] - 1
    drawn = [stamp for stamp in stamps["messages"] if stamp["drawn_ms"] is not None]
    assert drawn
    assert all(stamp["received_ms"] <= stamp["drawn_ms"] for stamp in drawn)
    instance.nq("exec", session, "alpha", "--", "ip", "link", "del", "stamped")


def test_a_lost_server_is_told_and_the_page_comes_back_by_itself(
    page: LabPage, session: str, instance: Instance
) -> None:
    page.open(session)
    page.terminal("alpha")
    supervisor.restart(instance.settings, "web")
    expect(page.shell("alpha")).to_be_visible(timeout=60_000)
    instance.nq("exec", session, "alpha", "--", "ip", "link", "add", "after", "type", "veth")
    expect(page.thing(saying("veth after,"))).to_be_visible(timeout=60_000)
    instance.nq("exec", session, "alpha", "--", "ip", "link", "del", "after")
    assert page.faults is not None
    page.faults.forget()


def test_a_phone_reaches_everything(phone: LabPage, session: str) -> None:
    phone.open(session)
    panels = phone.page.get_by_role("navigation", name="Panels")
    phone.thing("container namespace web").click()
    phone.page.get_by_role("button", name="Facts", exact=True).first.click()
    expect(phone.page.get_by_role("region", name="Facts")).to_contain_text("default via 172.17.0.1")
    panels.get_by_role("button", name="Lesson").click()
    expect(phone.page.get_by_role("heading", name="Steps")).to_be_visible()
    panels.get_by_role("button", name="Probe").click()
    expect(phone.page.get_by_role("combobox", name="To")).to_be_visible()
    panels.get_by_role("button", name="Events").click()
    panels.get_by_role("button", name="Terminal").click()
    shell = phone.terminal("alpha/web")
    phone.type(shell, "hostname -i")
    expect(shell).to_contain_text("172.17.0.2")
    panels.get_by_role("button", name="Graph").click()
    expect(phone.thing("container namespace web")).to_be_visible()
    width = phone.page.evaluate("document.documentElement.scrollWidth")
    assert width <= 390


def test_a_session_is_extended_reset_and_stopped(page: LabPage) -> None:
    page.launch("No network at all")
    expect(page.page.get_by_text(re.compile(r"^\d+ (min|h).* left$"))).to_be_visible()
    page.page.get_by_role("button", name="Extend").click()
    expect(page.page.get_by_text(re.compile(r"^1 h .* left$"))).to_be_visible()
    page.page.get_by_role("button", name="Reset", exact=True).click()
    page.page.get_by_role("button", name="Reset the session").click()
    expect(page.page.get_by_role("button", name="Reset", exact=True)).to_be_disabled()
    page.is_in_state("running")
    expect(page.thing("host namespace alpha")).to_be_visible()
    page.stop()
    expect(page.page.get_by_role("button", name="Launch it again")).to_be_visible()
