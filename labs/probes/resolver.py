"""Resolve a name as the source would: its hosts file, its resolv.conf, its name servers asked from its namespace.

The files are read as data; no program and no library of the source runs. Follows resolv.conf(5) and hosts(5) for
`nameserver`, `search`, `domain` and `options ndots`; asks for IPv4 addresses first and for IPv6 if there are none.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from ipaddress import IPv4Address, ip_address
from pathlib import Path

from labs.kernel import rooted
from labs.probes import dns_message, udp
from labs.probes.deadline import Deadline
from labs.probes.values import Address, Evidence, Source, Verdict

_TRY_S = 1.0
_SERVERS = 3
"""As many as the C library asks: resolv.conf(5), MAXNS."""


@dataclass(frozen=True)
class Configuration:
    """What resolv.conf says. An empty `servers` means a server on the source itself, as the C library has it."""

    servers: tuple[Address, ...] = ()
    search: tuple[str, ...] = ()
    ndots: int = 1


@dataclass(frozen=True)
class Resolution:
    """`addresses` is empty when there are none. `failure` says how the name server asked last failed to answer."""

    addresses: tuple[Address, ...]
    evidence: Evidence
    failure: Verdict | None = None
    rtts_ms: tuple[float, ...] = ()


def resolve(source: Source, name: str, deadline: Deadline, *, port: int = 53) -> Resolution:
    """Resolve a name. Asks each server for each candidate name, a second at most for each.

    Raises: ValueError if the source has no file tree or the name cannot be asked; LabError, OSError if a socket
    could not be made.
    """
    if source.root is None:
        raise ValueError("a namespace without a process has no resolver")
    listed = lookup(read(source.root, "etc/hosts"), name)
    if listed:
        return Resolution(listed, Evidence(resolver="hosts file", answers=tuple(map(str, listed))))
    configuration = parse(read(source.root, "etc/resolv.conf"))
    last = Resolution((), Evidence(), Verdict.NO_REPLY)
    for candidate in candidates(name, configuration):
        for server in (configuration.servers or (IPv4Address("127.0.0.1"),))[:_SERVERS]:
            found = ask(source, server, candidate, deadline, port=port)
            if found.addresses:
                return found
            if found.failure is None or last.failure is not None:
                last = found
            if found.evidence.rcode in ("NOERROR", "NXDOMAIN"):
                break  # an authoritative no: other servers would say the same
    return last


def ask(source: Source, server: Address, name: str, deadline: Deadline, *, port: int = 53) -> Resolution:
    """Ask one server for the addresses of one full name. Raises: as `resolve`."""
    evidence = Evidence(resolver=str(server))
    last = Resolution((), evidence, Verdict.NO_REPLY)
    for kind in ("A", "AAAA"):
        question = dns_message.query(name, kind)
        finding, answer = udp.exchange(source, server, port, question, deadline.sooner(_TRY_S), Evidence())
        if finding.verdict is not Verdict.REACHABLE:
            details = replace(finding.evidence, resolver=str(server), port=None)
            return Resolution((), details, finding.verdict)
        try:
            response = dns_message.read(answer, question)
        except ValueError as error:
            return Resolution((), replace(evidence, detail=str(error)))
        texts = tuple(found.text for found in response.answers)
        evidence = replace(
            evidence, rcode=response.rcode, answers=texts, source_address=finding.evidence.source_address
        )
        last = Resolution(response.addresses(), evidence, rtts_ms=finding.rtts_ms)
        if last.addresses or response.rcode != "NOERROR":
            break
    return last


def read(root: Path, path: str) -> str:
    """Return a file of the source's tree, "" if there is none."""
    try:
        return rooted.read_text(root, path)
    except (OSError, ValueError):
        return ""


def lookup(hosts: str, name: str) -> tuple[Address, ...]:
    """Return the addresses a hosts file gives for a name, IPv4 first."""
    wanted, found = name.rstrip(".").lower(), list[Address]()
    for line in hosts.splitlines():
        address, *names = line.partition("#")[0].split() or [""]
        if wanted in (other.lower() for other in names):
            try:
                found.append(ip_address(address))
            except ValueError:
                continue
    return tuple(sorted(found, key=lambda address: address.version))


def parse(text: str) -> Configuration:
    """Read resolv.conf. Lines and addresses that make no sense are passed over, as the C library does."""
    servers, search, ndots = list[Address](), tuple[str, ...](), 1
    for line in text.splitlines():
        key, *words = line.partition("#")[0].partition(";")[0].split() or [""]
        if key == "nameserver" and words:
            try:
                servers.append(ip_address(words[0]))
            except ValueError:
                continue
        elif key in ("search", "domain"):
            search = tuple(words)
        elif key == "options":
            dots = [word.partition(":")[2] for word in words if word.startswith("ndots:")]
            ndots = int(dots[-1]) if dots and dots[-1].isdigit() else ndots
    return Configuration(tuple(servers), search, ndots)


def candidates(name: str, configuration: Configuration) -> Sequence[str]:
    """Return the full names to try, in order: resolv.conf(5), `search` and `ndots`."""
    if name.endswith("."):
        return [name]
    suffixed = [f"{name}.{domain.strip('.')}" for domain in configuration.search if domain.strip(".")]
    return [name, *suffixed] if name.count(".") >= configuration.ndots else [*suffixed, name]
