"""Which namespace a probe starts in and which address it aims at, from the words a learner writes. Worker only.

A source is a lab host ("alpha"), a container ("alpha/web", or "web" if only one host has it), an address of either, or
a namespace of the graph ("ns:4-4026532345"). A destination is an address; "host/container" or a lab host's name, which
mean an address of theirs; anything else is a name that the source's own resolver has to find, for that is what the
lesson is about.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from ipaddress import IPv4Address, IPv4Interface, IPv6Address, IPv6Interface, ip_address
from pathlib import Path

from labs.engine import inventory
from labs.engine.client import connect
from labs.engine.facts import ContainerFacts, Endpoint
from labs.errors import LabError
from labs.hosts import underlay
from labs.hosts.host import Host
from labs.kernel import rooted
from labs.kernel.errors import NamespaceGone, NotANamespace
from labs.kernel.namespace import Namespace, identify, open_inside, open_namespace, owned_by, user_namespace
from labs.probes.values import Source

Address = IPv4Address | IPv6Address

NAMED_FOLDERS = ("run/docker/netns", "run/netns")


class EndUnknown(LabError):
    """The words name nothing of the session, or more than one thing."""

    code = "target_unknown"


class EndWithoutNetwork(LabError):
    """The end is there but not running, or has no address to aim at."""

    code = "end_without_network"


class Ends:
    """The hosts of one session and, read when first asked for, the containers on them."""

    def __init__(self, session: str, hosts: Sequence[Host]) -> None:
        self.session = session
        self.hosts = {host.name: host for host in hosts}
        self._containers: dict[str, tuple[ContainerFacts, ...]] = {}

    @contextmanager
    def source(self, text: str) -> Iterator[Source]:
        """Open the source. Raises: EndUnknown, EndWithoutNetwork, EngineUnreachable, NamespaceGone."""
        if text.startswith("ns:"):
            with self._namespace(text) as source:
                yield source
            return
        if text in self.hosts:
            yield _of_host(self.hosts[text])
            return
        address = literal(text)
        if address is not None:
            host = next((host for host in self.hosts.values() if host.address == address), None)
            if host is not None:
                yield _of_host(host)
                return
        with self.container(self.find(text) if address is None else self._at(address)) as source:
            yield source

    def destination(self, text: str, source: str) -> str:
        """Return the address or the name to aim at. Raises: EndUnknown, EndWithoutNetwork, EngineUnreachable."""
        if literal(text) is not None:
            return text
        if text in self.hosts:
            return str(self.hosts[text].address)
        if "/" not in text:
            return text
        found = self.network_owner(self.find(text))
        if found is None or found.network_mode == "host":
            return str(self.hosts[text.partition("/")[0]].address)
        networks = self._networks_of(source)
        ends = [end for end in found.endpoints if end.addresses]
        ends.sort(key=lambda end: (end.network_id not in networks, end.network_name == "docker_gwbridge"))
        if not ends:
            raise EndWithoutNetwork(f"{text} has no address to aim at.", target=text)
        return str(_first_address(ends[0]))

    def _networks_of(self, source: str) -> set[str]:
        try:
            found = self.network_owner(self.find(source))
        except EndUnknown:
            return set()
        return {end.network_id for end in found.endpoints} if found is not None else set()

    def network_owner(self, container: ContainerFacts) -> ContainerFacts | None:
        """Return the container whose namespace this one shares, at the end of the chain; itself if none."""
        seen = {container.id}
        while container.joined is not None:
            joined = container.joined
            owner = next((one for one in self.on(container.host) if one.id == joined), None)
            if owner is None or owner.id in seen:
                return None
            seen.add(owner.id)
            container = owner
        return container

    def find(self, text: str) -> ContainerFacts:
        """Return the container meant by "host/name" or a name that is unique. Raises: EndUnknown, EngineUnreachable."""
        host, slash, name = text.partition("/")
        if slash:
            if host not in self.hosts:
                raise EndUnknown(f"There is no host {host} in this session.", target=text)
            places = [host]
        else:
            places, name = list(self.hosts), host
        found = [one for place in places for one in self.on(place) if one.name == name]
        if not found:
            raise EndUnknown(f"There is no host and no container {text} in this session.", target=text)
        if len(found) > 1:
            spelled = " or ".join(f"{one.host}/{one.name}" for one in found)
            raise EndUnknown(f"Several hosts have a container {text}: write {spelled}.", target=text)
        return found[0]

    def _at(self, address: Address) -> ContainerFacts:
        found = [
            one
            for place in self.hosts
            for one in self.on(place)
            for end in one.endpoints
            if any(interface.ip == address for interface in end.addresses)
        ]
        if len(found) != 1:
            many = "Several containers have" if found else "No host and no running container has"
            raise EndUnknown(f"{many} the address {address}.", target=str(address))
        return found[0]

    def on(self, host: str) -> tuple[ContainerFacts, ...]:
        """Return the containers on a host. Raises: EngineUnreachable, EngineRefused."""
        if host not in self._containers:
            with connect(self.hosts[host]) as engine:
                self._containers[host] = inventory.containers(engine)
        return self._containers[host]

    @contextmanager
    def _namespace(self, text: str) -> Iterator[Source]:
        try:
            wanted = Namespace.parse(text.removeprefix("ns:"))
        except ValueError as error:
            raise EndUnknown(f"{text} is not a namespace of the graph.", target=text) from error
        for host in self.hosts.values():
            if identify(host.namespace) == wanted:
                yield _of_host(host)
                return
        for host in self.hosts.values():
            for one in self.on(host.name):
                if one.namespace == wanted:
                    with self.container(one) as source:
                        yield source
                    return
        segment = underlay.find(self.session)
        if segment is not None and identify(segment.namespace) == wanted:
            yield Source(segment.namespace, None, "the underlay")
            return
        descriptor, name = self._open_named(wanted, text)
        try:
            yield Source(descriptor, None, name)
        finally:
            os.close(descriptor)

    @contextmanager
    def container(self, container: ContainerFacts) -> Iterator[Source]:
        """Open a container by its process, which may have ended since it was told and left its number to another.

        Raises: EndWithoutNetwork.
        """
        name = f"{container.host}/{container.name}"
        if container.pid is None:
            raise EndWithoutNetwork(f"The container {name} is not running ({container.state}).", target=name)
        owner = user_namespace(f"/proc/{self.hosts[container.host].pid}/ns/user")
        try:
            with ExitStack() as opened:
                root = os.open(f"/proc/{container.pid}/root", os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
                opened.callback(os.close, root)
                namespace = open_namespace(f"/proc/{container.pid}/ns/net")
                opened.callback(os.close, namespace)
                is_its_own = identify(namespace) == container.namespace and owned_by(namespace, owner)
                kept = opened.pop_all()
        except (FileNotFoundError, ProcessLookupError, NamespaceGone) as error:
            raise EndWithoutNetwork(f"The container {name} has just stopped.", target=name) from error
        with kept:
            if not is_its_own:
                raise EndWithoutNetwork(f"The container {name} has just stopped.", target=name)
            yield Source(namespace, Path(f"/proc/self/fd/{root}"), name)

    def _open_named(self, wanted: Namespace, text: str) -> tuple[int, str]:
        """Find a namespace that no container's process holds, by the files the engine or `ip netns` keep of it."""
        for host in self.hosts.values():
            owner = user_namespace(f"/proc/{host.pid}/ns/user")
            for folder in NAMED_FOLDERS:
                for name in rooted.list_names(host.root, folder):
                    try:
                        descriptor = open_inside(host.root, f"{folder}/{name}", owner=owner)
                    except (NamespaceGone, NotANamespace):
                        continue
                    if identify(descriptor) == wanted:
                        return descriptor, f"{host.name}/{name}"
                    os.close(descriptor)
        raise EndUnknown(f"The session has no namespace {text}.", target=text)


def literal(text: str) -> Address | None:
    """Return the text as an address, or None when it is something else."""
    try:
        return ip_address(text.strip("[]"))
    except ValueError:
        return None


def _of_host(host: Host) -> Source:
    return Source(host.namespace, host.root, host.name)


def _first_address(end: Endpoint) -> Address:
    interfaces: list[IPv4Interface | IPv6Interface] = sorted(end.addresses, key=lambda one: one.version)
    return interfaces[0].ip
