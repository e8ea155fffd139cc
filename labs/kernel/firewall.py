"""Packet filter rules, each shown once, in the words of whoever made it.

Three worlds can hold rules in one namespace: iptables-nft (nf_tables behind iptables' commands: Docker, CNI), native
nf_tables, and legacy iptables. iptables-nft's chains are nf_tables chains too, so both tools list them; a chain is
shown as iptables' if iptables-save can express it, else as nft's. All rules but legacy ones carry nf_tables' handles,
which traces name.
Source: iptables-save(8), nft(8), libnftables' listing format.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, Literal

from labs.kernel import listing
from labs.kernel.namespace import enter

World = Literal["iptables-nft", "nft", "iptables-legacy"]

_SAVERS: Final = {
    "ip": ("iptables-nft-save", "-c"),
    "ip6": ("ip6tables-nft-save", "-c"),
    "bridge": ("ebtables-nft-save", "-c"),
    "arp": ("arptables-nft-save", "-c"),
}
_LEGACY: Final = {
    "ip": ("ip_tables_names", ("iptables-legacy-save", "-c")),
    "ip6": ("ip6_tables_names", ("ip6tables-legacy-save", "-c")),
}
_HOOKS: Final = frozenset({"PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING", "BROUTING"})
_NFT_TABLE = re.compile(r"table (\w+) (\S+) \{")
_NFT_CHAIN = re.compile(r"\tchain (\S+) \{")
_NFT_HOOK = re.compile(r"\t\ttype \w+ hook (\w+) .*priority ([^;]+);(?: policy (\w+);)?")
_NFT_HANDLE = re.compile(r" # handle (\d+)$")
_NFT_COUNTER = re.compile(r"\bcounter packets (\d+) bytes (\d+)")
_SAVED_CHAIN = re.compile(r":(\S+) (\S+)(?: \[(\d+):(\d+)\])?")
_SAVED_RULE = re.compile(r"(?:\[(\d+):(\d+)\] )?-A (\S+) ?(.*)")
_EBTABLES_COUNTER = re.compile(r" -c (\d+) (\d+)$")


@dataclass(frozen=True, slots=True)
class FilterRule:
    """One rule. `packets` and `bytes` are None for an nft rule that does not count.

    `handle` is nf_tables' number, unique in its table; None in legacy iptables.
    """

    text: str
    handle: int | None
    packets: int | None
    bytes: int | None


@dataclass(frozen=True, slots=True)
class Chain:
    """One chain with its rules in order. `hook` and `policy` are None for chains that are only jumped to."""

    world: World
    family: str
    table: str
    name: str
    hook: str | None
    priority: str | None
    policy: str | None
    rules: tuple[FilterRule, ...]


def read(target: int | str | Path) -> tuple[Chain, ...]:
    """Return every chain of every world. Costs one process (4 ms), and one more per family that has tables.

    Raises: RulesUnreadable; as `labs.kernel.namespace.enter`.
    """
    native = parse_nft(listing.run(target, ("nft", "-a", "list", "ruleset")))
    chains: list[Chain] = []
    for family in sorted({chain.family for chain in native} & _SAVERS.keys()):
        chains.extend(parse_saved(listing.run(target, _SAVERS[family]), "iptables-nft", family))
    handles = {(chain.family, chain.table, chain.name): chain for chain in native}
    # iptables-save also lists the built-in chains that do not exist yet; the kernel's own list has the last word.
    saved = {key: chain for chain in chains if (key := (chain.family, chain.table, chain.name)) in handles}
    found = [_with_handles(chain, handles[key]) for key, chain in saved.items()]
    for family, (names, command) in _LEGACY.items():
        if _legacy_tables(target, names):
            found.extend(parse_saved(listing.run(target, command), "iptables-legacy", family))
    return (*found, *(chain for key, chain in handles.items() if key not in saved))


def parse_nft(text: str) -> tuple[Chain, ...]:
    """Read `nft -a list ruleset`. Sets and maps are left out: rules name them."""
    chains: list[Chain] = []
    family = table = name = ""
    hook: tuple[str | None, str | None, str | None] = (None, None, None)
    rules: list[FilterRule] | None = None
    pending = ""
    for line in text.splitlines():
        bare = _NFT_HANDLE.sub("", line)
        if found := _NFT_TABLE.fullmatch(bare):
            family, table = found.groups()
        elif found := _NFT_CHAIN.fullmatch(bare):
            name, rules, hook, pending = found[1], [], (None, None, None), ""
        elif rules is not None and line == "\t}":
            chains.append(Chain("nft", family, table, name, *hook, tuple(rules)))
            rules = None
        elif rules is not None and (found := _NFT_HOOK.match(line)) and not rules and not pending:
            hook = (found[1], found[2], found[3])
        elif rules is not None and line.startswith("\t\t"):
            # A long anonymous set goes on in the next line; only a rule's last line has its handle.
            pending = f"{pending} {line.strip()}" if pending else line.strip()
            if handle := _NFT_HANDLE.search(pending):
                rules.append(_nft_rule(pending[: handle.start()], int(handle[1])))
                pending = ""
    return tuple(chains)


def parse_saved(text: str, world: World, family: str) -> tuple[Chain, ...]:
    """Read the output of iptables-save, ip6tables-save, ebtables-save or arptables-save with counters."""
    chains: dict[tuple[str, str], Chain] = {}
    rules: dict[tuple[str, str], list[FilterRule]] = {}
    table = ""
    for line in text.splitlines():
        if line.startswith("*"):
            table = line[1:]
        elif line.startswith(":") and (found := _SAVED_CHAIN.fullmatch(line)):
            policy = None if found[2] == "-" else found[2].lower()
            hook = found[1].lower() if found[1] in _HOOKS else None
            # ebtables-save writes a policy for chains without a hook as well: theirs is RETURN in all but name.
            policy = policy if hook is not None else None
            chains[table, found[1]] = Chain(world, family, table, found[1], hook, None, policy, ())
        elif found := _SAVED_RULE.fullmatch(line):
            rules.setdefault((table, found[3]), []).append(_saved_rule(found))
    return tuple(replace(chain, rules=tuple(rules.get(key, ()))) for key, chain in chains.items())


def _nft_rule(text: str, handle: int) -> FilterRule:
    counter = _NFT_COUNTER.search(text)
    if counter is None:
        return FilterRule(text, handle, None, None)
    # The figures go: they would make the same rule look changed with every packet.
    return FilterRule(_NFT_COUNTER.sub("counter", text), handle, int(counter[1]), int(counter[2]))


def _saved_rule(found: re.Match[str]) -> FilterRule:
    text = f"-A {found[3]} {found[4]}".rstrip()
    packets, size = found[1], found[2]
    if packets is None and (counter := _EBTABLES_COUNTER.search(text)):
        packets, size = counter[1], counter[2]
        text = text[: counter.start()]
    if packets is None:
        return FilterRule(text, None, None, None)
    return FilterRule(text, None, int(packets), int(size))


def _with_handles(chain: Chain, native: Chain) -> Chain:
    """Give iptables' rules the handles of the nf_tables rules they stand for: same chain, same order.

    ebtables ends its own chains with one rule more, their policy. Any other count means that the rules changed
    between the two listings: then no handle is given rather than a wrong one.
    """
    rules = chain.rules
    extra = len(native.rules) - len(rules)
    if extra == 0 or (extra == 1 and chain.family == "bridge"):
        rules = tuple(replace(rule, handle=other.handle) for rule, other in zip(rules, native.rules, strict=False))
    return replace(chain, hook=native.hook, priority=native.priority, policy=native.policy, rules=rules)


def _legacy_tables(target: int | str | Path, file: str) -> tuple[str, ...]:
    """Return the legacy tables in use; the file is absent where the kernel has no legacy iptables."""

    def names() -> Iterator[str]:
        try:
            # `thread-self`: /proc/net is the namespace of the process's first thread, not of this one.
            yield from Path(f"/proc/thread-self/net/{file}").read_text().split()
        except FileNotFoundError:
            return

    with enter(target):
        return tuple(names())
