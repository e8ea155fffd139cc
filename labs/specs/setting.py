"""Settings of one container that need a reader of their own: image, hostname, capabilities, sysctls, hosts, volumes."""

from __future__ import annotations

import re
from typing import Final

from labs.specs.node import ListNode, MapNode, Node, ScalarNode
from labs.specs.problem import Code, Report, shorten
from labs.specs.value import any_scalar, list_of, matching, pairs, parse_address, text, wrong_type

_HOSTNAME: Final = re.compile(
    r"(?=.{1,63}\Z)[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?)*"
)
hostname: Final = matching(
    _HOSTNAME, "a hostname", "letters, digits and hyphens, with dots between labels, at most 63 (RFC 1123)"
)

CAPABILITIES: Final = frozenset(
    {
        "ALL",
        "AUDIT_CONTROL",
        "AUDIT_READ",
        "AUDIT_WRITE",
        "BLOCK_SUSPEND",
        "CHOWN",
        "DAC_OVERRIDE",
        "DAC_READ_SEARCH",
        "FOWNER",
        "FSETID",
        "IPC_LOCK",
        "IPC_OWNER",
        "KILL",
        "LEASE",
        "LINUX_IMMUTABLE",
        "MAC_ADMIN",
        "MAC_OVERRIDE",
        "MKNOD",
        "NET_ADMIN",
        "NET_BIND_SERVICE",
        "NET_BROADCAST",
        "NET_RAW",
        "SETFCAP",
        "SETGID",
        "SETPCAP",
        "SETUID",
        "SYSLOG",
        "SYS_ADMIN",
        "SYS_BOOT",
        "SYS_CHROOT",
        "SYS_MODULE",
        "SYS_NICE",
        "SYS_PACCT",
        "SYS_PTRACE",
        "SYS_RAWIO",
        "SYS_RESOURCE",
        "SYS_TIME",
        "SYS_TTY_CONFIG",
        "WAKE_ALARM",
    }
)
"""The names Engine 20.10 knows; BPF, PERFMON and CHECKPOINT_RESTORE came later."""


def image_name(node: Node, report: Report) -> str | None:
    """Read an image's name, short form: the default registry left out, `:latest` written out."""
    written = text(node, report)
    if written is None:
        return None
    for registry in ("docker.io/", "index.docker.io/"):
        written = written.removeprefix(registry)
    written = written.removeprefix("library/")
    return written if ":" in written.rpartition("/")[2] or "@" in written else f"{written}:latest"


def capabilities(node: Node, report: Report) -> tuple[str, ...]:
    """Read capability names, with or without `CAP_`, in any case; the result is upper case without it, no repeats."""
    found: dict[str, None] = {}
    for item in list_of(text, "capabilities")(node, report) or ():
        name = item.value.upper().removeprefix("CAP_")
        if name in CAPABILITIES:
            found[name] = None
        else:
            report.error(
                item.place,
                Code.BAD_VALUE,
                f"'{item.value}' is not a capability the engine knows.",
                found=item.value,
                allowed=sorted(CAPABILITIES),
                remedy=report.did_you_mean(name, CAPABILITIES),
            )
    return tuple(found)


_SYSCTL: Final = re.compile(r"net(?:\.[a-zA-Z0-9_/:-]+)+")


def sysctls(node: Node, report: Report) -> dict[str, str]:
    """Read kernel settings. Only those of the network namespace: a container has no others of its own."""
    found = {}
    for pair in pairs("=", "kernel settings")(node, report) or ():
        if not pair.name.startswith("net."):
            report.error(
                pair.place,
                Code.REFUSED_KEY,
                f"'{pair.name}' is not a setting of a network namespace.",
                found=pair.name,
                allowed=("net.*",),
                remedy="Delete it.",
            )
        elif not _SYSCTL.fullmatch(pair.name) or not pair.value:
            report.error(
                pair.place,
                Code.BAD_VALUE,
                f"'{pair.name}' needs a value." if not pair.value else f"'{pair.name}' is not a kernel setting.",
                found=pair.name,
                remedy="Write it like 'net.ipv4.ip_forward: 1'.",
            )
        else:
            found[pair.name] = pair.value
    return found


_ENTRY_NAME: Final = re.compile(r"[a-zA-Z0-9_](?:[a-zA-Z0-9_.-]{0,251}[a-zA-Z0-9_])?")
HOST_GATEWAY: Final = "host-gateway"


def extra_hosts(node: Node, report: Report) -> dict[str, str]:
    """Read lines for /etc/hosts: name to address, or to `host-gateway`, which the engine replaces itself."""
    found = {}
    for pair in pairs("=:", "lines for /etc/hosts")(node, report) or ():
        written = (pair.value or "").strip().removeprefix("[").removesuffix("]")
        if not _ENTRY_NAME.fullmatch(pair.name):
            report.error(pair.place, Code.BAD_NAME, f"'{pair.name}' cannot be a host's name.", remedy="Use letters.")
        elif not written:
            report.error(
                pair.place, Code.BAD_VALUE, f"'{pair.name}' has no address.", remedy=f"Write '{pair.name}=10.1.2.3'."
            )
        elif written == HOST_GATEWAY or parse_address(written, pair.place, report) is not None:
            found[pair.name] = written
    return found


_VOLUME_REMEDY: Final = "Delete it: a lab's containers hold only what their image holds."


_PATH: Final = re.compile(r"[./~\\]|[a-zA-Z]:[\\/]")
"""How a path of the host begins, on Windows too."""


def volumes(node: Node, report: Report) -> None:
    """Report every volume: a path of the host would reach outside, a volume by name has no effect."""
    if not isinstance(node, ListNode):
        wrong_type(node, report, "a list of volumes")
        return
    for item in node:
        written = _mount(item, report)
        if written is None:
            continue
        kind, source = written
        if kind == "bind" or _PATH.match(source):
            report.error(
                item.place,
                Code.REFUSED_KEY,
                f"The host's path '{shorten(source)}' is not allowed: lab files may not reach into the host's files.",
                found=source,
                remedy=_VOLUME_REMEDY,
            )
        else:
            report.warning(
                item.place,
                Code.IGNORED_KEY,
                "This volume has no effect here: no volumes are made, and they do not touch the network.",
                found=source or kind,
                remedy=_VOLUME_REMEDY,
            )


def _mount(node: Node, report: Report) -> tuple[str, str] | None:
    """Return type and source of one volume; a short form without a colon has no source."""
    if isinstance(node, MapNode):
        written = {entry.key.text: entry.value.text for entry in node if isinstance(entry.value, ScalarNode)}
        return written.get("type", "volume"), written.get("source", written.get("src", ""))
    short = any_scalar(node, report)
    if short is None:
        return None
    # One path alone is an anonymous volume at that path, as in Compose. A drive's letter has a colon of its own.
    source = re.match(r"((?:[a-zA-Z]:[\\/])?[^:]*):", short)
    return "volume", source[1] if source else ""
