"""One namespace's wiring, read whole: interfaces and addresses, from a socket that is kept open between reads."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from labs.kernel import address, interface
from labs.kernel.address import Address
from labs.kernel.interface import Interface
from labs.kernel.namespace import Namespace, identify, open_namespace
from labs.kernel.netlink import Netlink


@dataclass(frozen=True, slots=True)
class NamespaceState:
    """The wiring inside one namespace: interfaces by index; addresses by interface, IPv4 first."""

    namespace: Namespace
    interfaces: tuple[Interface, ...]
    addresses: tuple[Address, ...]


class Reader:
    """Reads one namespace again and again. **Keeps the namespace alive until closed**: close it when its owner goes.

    Not for use by two threads at once.
    """

    def __init__(self, target: int | str | Path) -> None:
        """Open a trusted path, or duplicate a descriptor from `open_inside`. Raises: as `open_namespace`."""
        self.descriptor = os.dup(target) if isinstance(target, int) else open_namespace(target)
        self._answer: tuple[tuple[bytes, ...], tuple[bytes, ...]] | None = None
        self._interfaces = interface.Memory()
        self._state: NamespaceState | None = None
        try:
            self.namespace = identify(self.descriptor)
            self.netlink = Netlink(self.descriptor)
        except BaseException:
            os.close(self.descriptor)
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let the namespace go. A second call does nothing."""
        if self.descriptor >= 0:
            self.netlink.close()
            os.close(self.descriptor)
            self.descriptor = -1

    def forget(self) -> None:
        """Drop what was remembered of the last reading: the next parses everything anew."""
        self._answer = self._state = None
        self._interfaces = interface.Memory()

    def read(self) -> NamespaceState:
        """Read interfaces and addresses: 15 µs for a container's namespace at rest, about 60 µs when it changed.

        Returns: the very same value as before if nothing changed.
        Raises: Overrun; KernelRefused.
        """
        answer = (interface.read_raw(self.netlink), address.read_raw(self.netlink))
        if self._state is None or answer != self._answer:
            self._answer = answer
            state = NamespaceState(self.namespace, self._interfaces.parse_all(answer[0]), address.parse_all(answer[1]))
            if state != self._state:
                self._state = state
        return self._state


def read(target: int | str | Path) -> NamespaceState:
    """Read one namespace once. Raises: as `Reader`."""
    with Reader(target) as reader:
        return reader.read()
