"""Long steps, shown: what runs, for how long, which part of it, and where its log is when it fails.

On a terminal one line is redrawn; elsewhere (CI, a file) a line appears at the start, every ten seconds and at the end.
"""

from __future__ import annotations

import os
import re
import selectors
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TextIO

from labs.errors import LabError
from labsite.setup.errors import StepFailed

HEARTBEAT_S = 10.0
REDRAW_S = 0.2
_TELLING = re.compile(
    r"^E: |\b(error|errors|failed|refused|denied|no space|not found|cannot|unable)\b.*\w{3}", re.IGNORECASE
)
_NPM = "npm error "


@dataclass
class Step:
    """One step under way. `part` is what it does at the moment; setting it through `say` shows it."""

    title: str
    log: Path
    screen: TextIO
    started: float = field(default_factory=time.monotonic)
    part: str = ""
    _shown: float = 0.0

    @property
    def live(self) -> bool:
        return self.screen.isatty()

    def elapsed_s(self) -> float:
        return time.monotonic() - self.started

    def say(self, part: str) -> None:
        self.part = " ".join(part.split())
        with self.log.open("a", encoding="utf-8", errors="replace") as file:
            file.write(part.rstrip() + "\n")
        self.show()

    def show(self) -> None:
        """Redraw the line, or print a sign of life when the last is ten seconds old."""
        now = time.monotonic()
        if now - self._shown < (REDRAW_S if self.live else HEARTBEAT_S):
            return
        self._shown = now
        if self.live:
            try:
                columns = os.get_terminal_size(self.screen.fileno()).columns
            except OSError:
                columns = 80
            line = f"  {self.title} … {self.elapsed_s():.0f} s  {self.part}"
            self.screen.write("\r\x1b[K" + line[: columns - 1])
        elif self.elapsed_s() > HEARTBEAT_S / 2:
            self.screen.write(f"  {self.title}: {self.elapsed_s():.0f} s, {self.part[:100] or 'working'}\n")
        self.screen.flush()

    def finish(self, text: str) -> None:
        self.screen.write(("\r\x1b[K" if self.live else "") + text + "\n")
        self.screen.flush()

    def run(
        self,
        command: Sequence[str],
        *,
        cwd: Path | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        """Run a command; its output goes to the log and, line by line, into the shown part.

        Raises StepFailed with the command's last words when it ends with anything but 0.
        """
        with self.log.open("a", encoding="utf-8") as file:
            file.write(f"$ {' '.join(command)}\n")
        try:
            process = subprocess.Popen(
                command,
                cwd=cwd,
                env=dict(os.environ if environment is None else environment),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
            )
        except FileNotFoundError as error:
            raise StepFailed(f"{command[0]} is not there", self.log) from error
        assert process.stdout is not None
        with process.stdout as output:
            try:
                words = self._follow(output)
            except BaseException:
                process.terminate()
                process.wait()
                raise
        if code := process.wait():
            raise StepFailed(f"{Path(command[0]).name} ended with {code}: {reason(words)}", self.log)

    def _follow(self, output: IO[bytes]) -> list[str]:
        """Copy the output to the log until it closes; returns its last lines."""
        words: list[str] = []
        rest = b""
        with selectors.DefaultSelector() as selector, self.log.open("ab") as file:
            selector.register(output, selectors.EVENT_READ)
            while True:
                if selector.select(REDRAW_S):
                    block = os.read(output.fileno(), 65536)
                    if not block:
                        break
                    file.write(block)
                    *lines, rest = (rest + block).replace(b"\r", b"\n").split(b"\n")
                    for line in lines:
                        if text := line.decode("utf-8", "replace").strip():
                            words = [*words[-199:], text]
                            self.part = text
                self.show()
        if text := rest.decode("utf-8", "replace").strip():
            words.append(text)
        return words


def reason(words: Sequence[str]) -> str:
    """Return the line that says why a program failed: the last that speaks of an error, else the last.

    npm says why in the first line after its code, and then prints its whole manual.
    """
    npm = [line.removeprefix(_NPM).strip() for line in words if line.startswith(_NPM)]
    said = [line for line in npm if len(line) > 20 and not line.startswith(("code ", "A complete log"))][:1]
    telling = said or [line for line in words if _TELLING.search(line)]
    return (telling or list(words) or ["it said nothing"])[-1][:300]


@contextmanager
def step(title: str, logs: Path, *, quiet: bool = False, screen: TextIO | None = None) -> Iterator[Step]:
    """Show one step from its start to its end; any LabError in it is shown as its failure and goes on up.

    `quiet` leaves the closing line out (for steps that are done in no time).
    """
    logs.mkdir(parents=True, exist_ok=True)
    under_way = Step(title, logs / "setup.log", screen or sys.stderr)
    with under_way.log.open("a", encoding="utf-8") as file:
        file.write(f"== {time.strftime('%Y-%m-%d %H:%M:%S')} {title}\n")
    if under_way.live:
        under_way.show()
    elif not quiet:
        under_way.finish(f"  {title} …")
    try:
        yield under_way
    except LabError:
        under_way.finish(f"✗ {title} failed after {under_way.elapsed_s():.1f} s")
        raise
    if under_way.live or not quiet:
        under_way.finish(f"✓ {title} ({under_way.elapsed_s():.1f} s)" if not quiet else "")
