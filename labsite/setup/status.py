"""`./nq status` and `./nq logs`."""

from __future__ import annotations

import os
import sys

from labsite.setup import supervisor, up
from labsite.setup.errors import CommandMistaken
from labsite.setup.options import Options


def status(options: Options) -> int:
    """Print every program's state and every part's health; returns 0 when all is well, 3 when nothing runs, else 1."""
    states = supervisor.states(options)
    if not states:
        print("Not running. Start it: ./nq up")
        return 3  # as systemctl(1): a program that is not running
    well = True
    for state in states:
        well = well and state.state == "RUNNING"
        print(
            f"  {state.name:<10} {state.state.lower():<10} {_age(state.uptime_s) if state.pid else state.description}"
        )
    parts = up.health(options)
    for name, trouble in parts.items():
        if trouble != "ok":
            well = False
            print(f"  {name}: {trouble}")
    print(options.url)
    return 0 if well else 1


def _age(seconds: int) -> str:
    days, rest = divmod(seconds, 86400)
    hours, rest = divmod(rest, 3600)
    return (
        f"{days} d {hours} h" if days else f"{hours} h {rest // 60} min" if hours else f"{rest // 60} min {rest % 60} s"
    )


def logs(options: Options, program: str | None, *, follow: bool, lines: int) -> int:
    """Show the last lines of one program's log or of all, by handing over to tail(1)."""
    found = {file.stem: file for file in sorted(options.logs.glob("*.log"))} if options.logs.is_dir() else {}
    if program is not None and program not in found:
        raise CommandMistaken(f"There is no log of {program!r}; there are: {', '.join(found) or 'none yet'}.")
    files = [found[program]] if program else [file for name, file in found.items() if name != "setup"]
    if not files:
        raise CommandMistaken("There are no logs yet. Start the instance: ./nq up")
    sys.stdout.flush()
    command = ["tail", f"--lines={lines}", *(["--follow=name", "--retry", "--quiet"] if follow and program else [])]
    command += ["--follow=name"] if follow and not program else []
    os.execvp("tail", [*command, *map(str, files)])
