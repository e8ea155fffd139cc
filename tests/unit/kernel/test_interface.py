"""Link messages as they come, read once and remembered."""

from __future__ import annotations

import struct

from labs.kernel import interface
from labs.kernel.interface import Memory, flag_names
from labs.kernel.netlink import attribute


def _link(*, name: bytes = b"eth0\0", packets: int = 0, mtu: int = 1500, timer: int = 0, index: int = 7) -> bytes:
    """Return a port of a bridge, as the kernel lays it out."""
    port = attribute(1, b"\3") + attribute(22, struct.pack("=Q", timer)) + attribute(33, b"\1")
    info = attribute(1, b"veth\0") + attribute(4, b"bridge\0") + attribute(5, port)
    return b"".join(
        (
            struct.pack("=BxHiII", 0, 1, index, 0x11043, 0),
            attribute(3, name),
            attribute(16, b"\6"),
            attribute(4, struct.pack("=I", mtu)),
            attribute(10, struct.pack("=I", 3)),
            attribute(1, bytes.fromhex("0242ac110002")),
            attribute(23, struct.pack("=25Q", packets, *range(24))),
            attribute(7, struct.pack("=24I", packets, *range(23))),
            attribute(18, info),
            attribute(37, struct.pack("=i", 2)),
            attribute(5, struct.pack("=I", 9)),
        )
    )


def _datagram(*bodies: bytes) -> list[bytes]:
    return [b"".join(struct.pack("=IHHII", 16 + len(body), 16, 2, 1, 0) + body for body in bodies)]


def test_bridge_port_is_read_whole() -> None:
    found = interface.parse((16, _link()))
    assert (found.index, found.name, found.kind, found.mac) == (7, "eth0", "veth", "02:42:ac:11:00:02")
    assert (found.mtu_bytes, found.state, found.master) == (1500, "up", 3)
    assert (found.peer, found.peer_nsid) == (9, 2)
    assert found.flags == ("BROADCAST", "MULTICAST", "UP", "LOWER_UP")
    assert found.port is not None
    assert (found.port.state, found.port.isolated, found.port.hairpin) == ("forwarding", True, False)


def test_counters_and_timers_alone_leave_the_value_as_it_is() -> None:
    memory = Memory()
    (first,) = memory.parse_all(_datagram(_link()))
    (second,) = memory.parse_all(_datagram(_link(packets=12345, timer=77)))
    assert second is first
    (third,) = memory.parse_all(_datagram(_link(packets=12345, mtu=1400)))
    assert (third.mtu_bytes, first.mtu_bytes) == (1400, 1500)
    (fourth,) = memory.parse_all(_datagram(_link(name=b"ethA\0", mtu=1400)))
    assert fourth.name == "ethA"


def test_what_follows_the_timers_is_compared_too() -> None:
    memory = Memory()
    memory.parse_all(_datagram(_link()))
    changed = _link().replace(attribute(5, struct.pack("=I", 9)), attribute(5, struct.pack("=I", 8)))
    assert memory.parse_all(_datagram(changed))[0].peer == 8


def test_removed_interface_is_forgotten_and_order_is_by_index() -> None:
    memory = Memory()
    both = memory.parse_all(_datagram(_link(index=9), _link(index=2)))
    assert [found.index for found in both] == [2, 9]
    assert [found.index for found in memory.parse_all(_datagram(_link(index=9)))] == [9]


def test_carrier_loss_is_told_in_ips_words() -> None:
    assert flag_names(0x1003) == ("NO-CARRIER", "BROADCAST", "MULTICAST", "UP")
    assert flag_names(0x1002) == ("BROADCAST", "MULTICAST")
