"""The machine's neighbour tables: one for IPv4 and one for IPv6, shared by all namespaces, with one limit each.

Source: arp(7) on gc_thresh3; linux/neighbour.h.
"""

from __future__ import annotations

import struct
from contextlib import suppress
from typing import Final

from labs.kernel.netlink import Netlink, attributes, text

_GET: Final = 66
_NAME, _LIMIT, _STATISTICS = 1, 4, 7
_FULL = struct.Struct("=80xQ")
"""ndts_table_fulls, the eleventh number of ndt_stats."""


def times_full(netlink: Netlink) -> int:
    """Return how often since boot an entry was refused because a table was full, whichever namespace asked.

    A packet whose entry is refused is lost: silently when a TCP connection or an answer needed it. Read from files
    where the calling thread is in the first namespace, which has them: netlink waits for whoever changes interfaces.
    """
    with suppress(FileNotFoundError, ValueError):
        return sum(_fulls_told(f"/proc/thread-self/net/stat/{name}") for name in ("arp_cache", "ndisc_cache"))
    return sum(_FULL.unpack_from(found[_STATISTICS])[0] for found in _tables(netlink) if _STATISTICS in found)


def limits(netlink: Netlink) -> dict[str, int]:
    """Return gc_thresh3 by the table's name, `arp_cache` or `ndisc_cache`."""
    return {
        text(found[_NAME]): int(struct.unpack("=I", found[_LIMIT])[0]) for found in _tables(netlink) if _LIMIT in found
    }


def _fulls_told(path: str) -> int:
    """Add up one table's lines, one for each processor, in hexadecimal. Raises: FileNotFoundError, ValueError."""
    with open(path, encoding="ascii") as file:
        column = file.readline().split().index("table_fulls")
        return sum(int(line.split()[column], 16) for line in file)


def _tables(netlink: Netlink) -> list[dict[int, bytes]]:
    """Return the tables' attributes; a table comes once more for each interface with settings, without these."""
    return [attributes(body, 4) for _, body in netlink.dump(_GET, bytes(4))]
