"""Every lesson that ships, typed command by command on real lab hosts: what it says must be so."""

from __future__ import annotations

import re
import subprocess
import uuid
from dataclasses import dataclass

import pytest

from labs.engine.deploy import deploy
from labs.hosts import host as hosts
from labs.hosts import image
from labs.hosts.host import Host
from labs.specs import CATALOG, load
from tests.integration.conftest import start_hosts

pytestmark = pytest.mark.engine

LESSONS = sorted(folder.name for folder in CATALOG.iterdir() if (folder / "lesson.md").is_file())
_BLOCK = re.compile(r"```console\n(.*?)```", re.DOTALL)
_COMMAND = re.compile(r"\s*(?P<host>[a-z0-9-]+)# (?P<typed>.*?)(?P<fails>\s+# fails: .*)?")


@dataclass(frozen=True)
class Command:
    """One line of a lesson. `fails` is whether the lesson says so."""

    host: str
    typed: str
    fails: bool


def commands(lesson: str) -> list[Command]:
    """Return the commands in order; every line of a console block must be one."""
    found = []
    for line in "".join(_BLOCK.findall(lesson)).splitlines():
        if line.strip():
            match = _COMMAND.fullmatch(line)
            assert match is not None, f"not a command: {line!r}"
            found.append(Command(match["host"], match["typed"], match["fails"] is not None))
    return found


class Shell:
    """A learner's shell on a lab host, fed line by line."""

    def __init__(self, host: Host) -> None:
        self.process = subprocess.Popen(
            hosts.command(host, ["bash", "--norc"]),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def type(self, line: str) -> tuple[int, str]:
        """Type one command and wait for its end. Returns its exit status and what it printed."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        mark = uuid.uuid4().hex
        self.process.stdin.write(f"{{ {line}\n}} </dev/null\nprintf '\\n%s %s\\n' {mark} $?\n")
        self.process.stdin.flush()
        printed: list[str] = []
        for printed_line in self.process.stdout:
            if printed_line.startswith(mark):
                return int(printed_line.split()[1]), "".join(printed)
            printed.append(printed_line)
        raise AssertionError(f"the shell ended during {line!r}: {''.join(printed)}")

    def close(self) -> None:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait(timeout=10)


@pytest.mark.parametrize("slug", LESSONS)
def test_every_command_of_a_lesson_ends_as_the_lesson_says(
    slug: str, session_id: str, host_image: image.HostImage
) -> None:
    lab = load(CATALOG / slug, images=image.tags())
    started = start_hosts(session_id, *(host.name for host in lab.hosts), limits=lab.limits)
    deploy(lab, started, lambda progress: None)
    shells = {name: Shell(host) for name, host in started.items()}
    try:
        for command in commands(lab.lesson):
            status, printed = shells[command.host].type(command.typed)
            assert (status != 0) is command.fails, f"{command.host}# {command.typed}\n{printed}[{status}]"
    finally:
        for shell in shells.values():
            shell.close()
