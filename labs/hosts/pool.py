"""Parked hosts: running, their engines answering, on no underlay and in no session, for a lab to claim.

Claiming gives a host its name, address and cable. Nobody has been in a parked host, so nothing in it is doubtful. A
parked host keeps the box it has; one of another image (an older version's) or with an engine that died is not claimed.
"""

from __future__ import annotations

import os
import secrets
import subprocess
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, replace
from ipaddress import IPv4Network

from labs.hosts import box, host, image
from labs.hosts.errors import HostStartFailed
from labs.hosts.host import Host
from labs.hosts.underlay import Underlay
from labs.kernel import rooted
from labs.specs.lab import LabHost, Limits

DEFAULT_BRIDGE = IPv4Network("172.17.0.0/16")
"""What an engine that starts on no other network takes for its default bridge."""

STARTING_AT_ONCE = 2


def park(count: int, limits: Limits | None = None) -> int:
    """Bring the number of parked hosts with these limits to `count`; return how many there are, all of them ready.

    Starts what is missing and removes what is too many, dead or of another image. Idempotent; meant for a timer.
    Raises: ImageMissing, HostStartFailed, EngineNotReady, NoUidRange; what did start stays parked.
    """
    wanted = limits or Limits()
    fit = []
    for name in _parked():
        if _fits(name, wanted):
            fit.append(name)
        else:
            _remove_parked(name)
    for name in fit[count:]:
        _remove_parked(name)
    missing = max(0, count - len(fit))
    with ThreadPoolExecutor(STARTING_AT_ONCE) as starters:
        for future in [starters.submit(_park_one, wanted) for _ in range(missing)]:
            future.result()
    return min(count, len(fit)) + missing


def claim(session: str, lab_host: LabHost, underlay: Underlay, limits: Limits) -> Host | None:
    """Turn a parked host into a host of `session`, its engine answering; None when none fits.

    Raises: UnderlayFailed; the host is then removed.
    """
    if underlay.subnet.overlaps(DEFAULT_BRIDGE):
        return None  # its engine chose that bridge without knowing of the underlay
    for name in _parked():
        with box.take_over(name) as reservation:
            if reservation is None or not _fits(name, limits):
                continue
            found = host.adopt(name)
            if found is None:
                continue
            reservation.own(session)
            try:
                claimed = replace(found, session=session, name=lab_host.name, address=lab_host.address)
                _name(claimed, underlay)
                host.connect(claimed, underlay)
                host.complete(reservation, claimed, _record(limits))
            except BaseException:
                box.remove_reserved(reservation)
                raise
            return claimed
    return None


def obtain(session: str, lab_host: LabHost, underlay: Underlay, limits: Limits) -> Host:
    """Claim a parked host, or start one when none fits.

    Raises: as `claim` and `host.start`.
    """
    return claim(session, lab_host, underlay, limits) or host.start(session, lab_host, underlay, limits)


def clear() -> None:
    """Remove every parked host."""
    for name in _parked():
        _remove_parked(name)


def _park_one(limits: Limits) -> None:
    with box.reserve(f"parked-{secrets.token_hex(4)}", "") as reservation:
        parked = host.run(
            image.current(), reservation, "parked", limits, host.files("parked", host.NOWHERE, []), engine=True
        )
        host.wait_for_engine(parked, 60)
        host.complete(reservation, parked, _record(limits))


def _parked() -> list[str]:
    return sorted(name for name, owner in box.boxes().items() if name.startswith("parked-") and not owner)


def _record(limits: Limits) -> dict[str, object]:
    return {"image": image.current().folder.name, "limits": asdict(limits)}


def _fits(name: str, limits: Limits) -> bool:
    known = box.facts(name)
    return known is not None and {key: known.get(key) for key in ("image", "limits")} == _record(limits)


def _remove_parked(name: str) -> None:
    """Remove a parked host unless somebody is starting or claiming it."""
    with box.take_over(name) as reservation:
        if reservation is not None:
            box.remove_reserved(reservation)


def _name(claimed: Host, underlay: Underlay) -> None:
    for path, text in host.files(claimed.name, claimed.address, underlay.resolvers).items():
        with os.fdopen(rooted.open_below(claimed.root, path.lstrip("/"), os.O_WRONLY | os.O_TRUNC), "w") as file:
            file.write(text)
    enter = ["nsenter", f"--uts=/proc/{claimed.pid}/ns/uts", "hostname", claimed.name]
    done = subprocess.run(enter, capture_output=True, text=True, check=False)
    if done.returncode:
        raise HostStartFailed(
            f"The host {claimed.name} would not take its name: {done.stderr.strip()}.", log=done.stderr
        )
