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

    def read(self) -> NamespaceState:
        """Read interfaces and addresses: about 0.2 ms for a container's namespace.

        Raises: Overrun; KernelRefused.
        """
        return NamespaceState(self.namespace, interface.read(self.netlink), address.read(self.netlink))


def read(target: int | str | Path) -> NamespaceState:
    """Read one namespace once. Raises: as `Reader`."""
    with Reader(target) as reader:
        return reader.read()
