"""How resolv.conf and hosts files are read."""

from __future__ import annotations

from ipaddress import ip_address
from pathlib import Path

import pytest

from labs.probes import resolver
from labs.probes.deadline import Deadline
from labs.probes.resolver import Configuration
from labs.probes.values import Source


def test_resolv_conf_is_read_as_the_c_library_does() -> None:
    text = (
        "# by Docker\nnameserver 127.0.0.11\nnameserver nonsense\nsearch a.example b.example ; why\noptions ndots:0\n"
    )
    assert resolver.parse(text) == Configuration((ip_address("127.0.0.11"),), ("a.example", "b.example"), 0)


@pytest.mark.parametrize(
    ("name", "ndots", "expected"),
    [
        ("db", 1, ["db.lab.example", "db"]),
        ("db.back", 1, ["db.back", "db.back.lab.example"]),
        ("db.back", 5, ["db.back.lab.example", "db.back"]),
        ("db", 0, ["db", "db.lab.example"]),
        ("db.", 1, ["db."]),
    ],
)
def test_search_domains_are_tried_by_the_number_of_dots(name: str, ndots: int, expected: list[str]) -> None:
    assert resolver.candidates(name, Configuration(search=("lab.example",), ndots=ndots)) == expected


def test_the_hosts_file_gives_every_address_of_a_name_with_ipv4_first() -> None:
    hosts = "::1 localhost\n127.0.0.1 localhost # loopback\n10.0.0.9 web www.Example\nbroken web\n"
    assert [str(found) for found in resolver.lookup(hosts, "localhost")] == ["127.0.0.1", "::1"]
    assert [str(found) for found in resolver.lookup(hosts, "WWW.example.")] == ["10.0.0.9"]
    assert resolver.lookup(hosts, "loopback") == ()


def test_a_link_out_of_the_sources_tree_is_not_followed(tmp_path: Path) -> None:
    secret, tree = tmp_path / "secret", tmp_path / "root"
    (tree / "etc").mkdir(parents=True)
    secret.write_text("10.0.0.66 web\n")
    (tree / "etc/hosts").symlink_to(secret)
    assert resolver.read(tree, "etc/hosts") == ""


def test_a_namespace_without_process_has_no_resolver() -> None:
    with pytest.raises(ValueError, match="no resolver"):
        resolver.resolve(Source("/proc/self/ns/net", None, "mesh"), "web", Deadline.after(1))
