"""`./nq matrix`: every pair of a session's ends, as a grid on the terminal."""

from __future__ import annotations

import argparse
import json
import time
from typing import cast

from labsite.setup.client import JSON, Client
from labsite.setup.errors import RequestRefused
from labsite.setup.options import Options

SIGNS = {
    "reachable": "+",
    "refused": "R",
    "rejected": "X",
    "no_route": "-",
    "no_reply": ".",
    "not_measured": "?",
}
"""One sign for each verdict a matrix may hold."""

_SELF = " "


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what follows the word."""
    parser.add_argument("session")
    parser.add_argument("endpoint", nargs="*", help="hosts and containers (alpha/web); all if left out")
    parser.add_argument("--protocol", default="icmp", choices=("icmp", "tcp", "udp"))
    parser.add_argument("--port", type=int, help="which port; tcp and udp need one")
    parser.add_argument("--timeout", type=float, default=1.0, metavar="S", help="seconds for all pairs together (1)")
    parser.add_argument("--settle", type=float, default=0.0, metavar="S", help="ask again for so long (0)")
    parser.add_argument("--json", action="store_true", help="print the whole answer as JSON")


def matrix(options: Options, given: argparse.Namespace) -> int:
    """Measure and print. Returns 0 all reachable, 1 some not, 2 some or all not measured."""
    body: dict[str, object] = {"protocol": given.protocol, "timeout_s": given.timeout, "settle_s": given.settle}
    body |= {"port": given.port} if given.port is not None else {}
    body |= {"endpoints": given.endpoint} if given.endpoint else {}
    client = Client(options)
    made = client.post(f"sessions/{given.session}/matrix/?wait=10", body)
    deadline = time.monotonic() + given.timeout + given.settle + 30
    while made["state"] != "done":
        if time.monotonic() > deadline:
            raise RequestRefused("The matrix was not measured in time.", 504)
        made = client.get(f"sessions/{given.session}/matrix/{made['id']}/?wait=10")
    print(json.dumps(made, indent=1) if given.json else text(made))
    counts = cast("dict[str, int]", made["counts"])
    if made["reason"] or "not_measured" in counts:
        return 2
    return int(set(counts) - {"reachable"} != set())


def text(made: JSON) -> str:
    """Return the grid, the signs' meanings, and one sentence for each pair that is not reachable."""
    if made["reason"]:
        return str(made["reason"])
    names = [str(end["name"]) for end in cast("list[JSON]", made["endpoints"])]
    cells = cast("list[dict[str, str]]", made["cells"])
    found = {(cell["from"], cell["to"]): SIGNS.get(cell["verdict"], "?") for cell in cells}
    width = max((len(name) for name in names), default=0)
    digits = len(str(len(names)))
    lines = [" " * (digits + width + 2) + " ".join(f"{number:>{digits}}" for number in range(1, len(names) + 1))]
    for number, source in enumerate(names, 1):
        row = " ".join(f"{found.get((source, target), _SELF):>{digits}}" for target in names)
        lines.append(f"{number:>{digits}} {source:<{width}} {row}".rstrip())
    counts = cast("dict[str, int]", made["counts"])
    told = ", ".join(f"{SIGNS.get(verdict, '?')} {verdict} {count}" for verdict, count in counts.items())
    asked = str(made["protocol"]) + (f" port {made['port']}" if made["port"] is not None else "")
    lines += ["", f"{asked}, from the left to the top: {told}"]
    failed = [cell["sentence"] for cell in cells if cell["verdict"] != "reachable"]
    return "\n".join([*lines, *([""] if failed else []), *failed])
