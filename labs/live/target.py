"""What a terminal or a command is aimed at: `<host>`, `<host>/<container>`, or a container's bare name if unique."""

from __future__ import annotations

import re
import shlex
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from labs.live.errors import TargetUnknown
from labs.live.leftovers import MARK

_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,127}")
"""Docker's own rule for names; it also keeps a name from being taken for an option."""

TERM: Final = "xterm-256color"


@dataclass(frozen=True)
class Target:
    """`container` is None for the host itself."""

    host: str
    container: str | None = None

    def __str__(self) -> str:
        return self.host if self.container is None else f"{self.host}/{self.container}"


def resolve(text: str, containers: Mapping[str, Collection[str]]) -> Target:
    """Return what the text means, given the names of the running containers of every host of the session.

    Raises: TargetUnknown, saying which of its parts is not there and what is.
    """
    host, slash, container = text.partition("/")
    if not _NAME.fullmatch(host) or (slash and not _NAME.fullmatch(container)):
        raise TargetUnknown(f"“{text[:80]}” is no target: write a host, or host/container.", target=text[:80])
    if slash:
        if host not in containers:
            raise TargetUnknown(f"There is no host {host} in this session; {_listed(containers)}.", target=text)
        if container not in containers[host]:
            raise TargetUnknown(f"No container {container} runs on {host}.", target=text)
        return Target(host, container)
    if host in containers:
        return Target(host)
    holders = [name for name, held in containers.items() if host in held]
    if len(holders) > 1:
        spelled = " or ".join(f"{name}/{host}" for name in holders)
        raise TargetUnknown(f"Several hosts run a container {host}: write {spelled}.", target=text)
    if not holders:
        raise TargetUnknown(f"There is no host and no running container {host}; {_listed(containers)}.", target=text)
    return Target(holders[0], host)


def shell(target: Target, mark: str) -> list[str]:
    """Return the command, to be run as root on the target's host with a tty, that opens a login shell on the target.

    The prompt names the target; `mark` travels in the environment (see `labs.live.leftovers`).
    """
    if target.container is None:
        return ["/bin/sh", "-c", "cd; exec bash -l"]
    prompt = f"root@{target.container}:"
    environment = {
        "TERM": TERM,
        MARK: mark,
        # dash and busybox take PS1 from here. Debian's bash.bashrc overwrites it, so bash gets it after that, once.
        "PS1": f"{prompt}$PWD# ",
        "PROMPT_COMMAND": f"PS1={shlex.quote(prompt + chr(92) + 'w# ')}; unset PROMPT_COMMAND",
    }
    command = "command -v bash >/dev/null 2>&1 && exec bash -l || exec sh"
    return ["docker", "exec", "-it", *_options(environment), target.container, "sh", "-c", command]


def wrapped(target: Target, argv: Sequence[str], mark: str) -> list[str]:
    """Return the command, to be run as root on the target's host without a tty, that runs `argv` on the target."""
    if target.container is None:
        return list(argv)
    return ["docker", "exec", "-i", *_options({MARK: mark}), target.container, *argv]


def _options(environment: Mapping[str, str]) -> list[str]:
    return [word for name, value in environment.items() for word in ("-e", f"{name}={value}")]


def _listed(containers: Mapping[str, Collection[str]]) -> str:
    hosts = ", ".join(sorted(containers))
    return f"its hosts are {hosts}" if hosts else "it has no hosts"
