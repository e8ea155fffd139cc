"""What the lab host image and the container images are made of. Everything here is part of the image's hash.

`host/` and `tools/` are trees copied over the installed packages, with the modes they have in the repository.
Documentation and translations are left out of both: nobody reads man pages through them, and each costs disk.
"""

from __future__ import annotations

import hashlib
import json
import platform
from pathlib import Path

FOLDER = Path(__file__).parent
SUITE = "bookworm"
FORMAT = 1
"""To be raised when the code that builds the image makes something else of the same recipe."""

HOST_PACKAGES = (  # noqa: SIM905
    "docker.io iptables nftables ipset iproute2 ethtool bridge-utils conntrack tcpdump catatonit crun procps psmisc "
    "iputils-ping iputils-arping iputils-tracepath traceroute fping iperf3 netcat-openbsd socat curl bind9-dnsutils "
    "ca-certificates bird2 strace jq less nano bash-completion kmod"
).split()

TOOLS_PACKAGES = (  # noqa: SIM905
    "bash iproute2 iptables nftables ethtool iputils-ping iputils-arping traceroute fping iperf3 netcat-openbsd socat "
    "curl bind9-dnsutils tcpdump busybox catatonit procps less jq ca-certificates"
).split()

DPKG_OPTIONS = (
    "path-exclude=/usr/share/man/*",
    "path-exclude=/usr/share/info/*",
    "path-exclude=/usr/share/doc/*",
    "path-include=/usr/share/doc/*/copyright",
    "path-exclude=/usr/share/locale/*",
    "path-exclude=/usr/share/lintian/*",
)

PATH_IN_CONTAINER = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

TAGS = {
    "netquarium/tools:1": {"Entrypoint": ["catatonit", "--"], "Cmd": ["sleep", "infinity"]},
    "netquarium/web:1": {
        "Entrypoint": ["catatonit", "--"],
        "Cmd": ["busybox", "httpd", "-f", "-p", "80", "-h", "/srv/www"],
    },
    "netquarium/pause:1": {"Entrypoint": ["/catatonit", "-P"], "Cmd": []},
}
"""Image name to the parts of its configuration that differ. The first two share one layer; pause has its own."""


def digest() -> str:
    """Return sixteen hex digits that change when anything that goes into the image does."""
    parts = (FORMAT, SUITE, HOST_PACKAGES, TOOLS_PACKAGES, DPKG_OPTIONS, PATH_IN_CONTAINER, TAGS, platform.machine())
    sum_ = hashlib.sha256(json.dumps(parts).encode())
    for path in sorted(FOLDER.rglob("*")):
        if path.is_file() and path.suffix not in (".py", ".pyc"):
            sum_.update(f"{path.relative_to(FOLDER)} {path.stat().st_mode & 0o111:o}\n".encode())
            sum_.update(path.read_bytes())
    return sum_.hexdigest()[:16]
