"""`./nq test` and `./nq bench`: everything set up, then run in state and run folders of their own.

So both run while an instance is up, and leave nothing: their folders and any lab host started in them are removed.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from labsite.setup import down, folders, frontend, machine, supervisor, up, venv
from labsite.setup.errors import CommandMistaken
from labsite.setup.options import CHECKOUT, Options
from labsite.setup.steps import step


@contextmanager
def aside(options: Options) -> Iterator[Options]:
    """Give folders and a port of their own to a run, and take down whatever it left there."""
    with tempfile.TemporaryDirectory(prefix="nq-") as name:
        base = Path(name)
        base.chmod(0o755)
        own = replace(options, state=base / "state", run=base / "run", port=free_port(), listen="127.0.0.1", extra={})
        folders.make(own)
        try:
            yield own
        finally:
            supervisor.stop(own)
            if any((own.run / "hosts").iterdir() if (own.run / "hosts").exists() else ()):
                down.down(own)
            shutil.rmtree(own.run, ignore_errors=True)


def free_port() -> int:
    """Return a TCP port that nothing listens on now."""
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        port: int = trial.getsockname()[1]
        return port


def test(options: Options, words: list[str]) -> int:
    """Set up, run the page's unit tests, then pytest with `words`; pytest's closing line is the last one printed."""
    machine.check_before(options)
    options.logs.mkdir(parents=True, exist_ok=True)
    up.prepare(options, development=True)
    page = 0
    if not words:
        with step("the page's packages", options.logs) as under_way:
            frontend.install(venv.path(options), under_way, options)
        page = frontend.script(venv.path(options), options, "test")
        if page:
            sys.stderr.write("nq: the page's unit tests failed; going on with the others\n")
    with aside(options) as own:
        environment = {**own.environment(), "HOME": "/root"}
        environment["PATH"] = f"{frontend.binaries(venv.path(options))}:{environment['PATH']}"
        del environment["DJANGO_SETTINGS_MODULE"]  # it would win over the one that pyproject.toml names
        environment.update(
            {name: os.environ[name] for name in ("CI", "TERM", "COLUMNS", "PYTHONDEVMODE") if name in os.environ}
        )
        sys.stdout.flush()
        tests = subprocess.run(
            [
                str(venv.path(options, development=True) / "bin/python"),
                "-m",
                "pytest",
                "-p",
                "no:cacheprovider",
                *words,
            ],
            cwd=CHECKOUT,
            env=environment,
            stdin=subprocess.DEVNULL,
            check=False,
        ).returncode
    if tests < 0:
        sys.stderr.write(
            f"nq: pytest was ended by {signal.Signals(-tests).name}; memory may have run out (dmesg tells)\n"
        )
        return 128 - tests
    return tests or page


def bench(options: Options, words: list[str]) -> int:
    """Run benchmarks/<name>.py, or every one that can be run; each prints its own figures and ratios."""
    machine.check_before(options)
    folder = CHECKOUT / "benchmarks"
    named = [file.stem for file in sorted(folder.glob("[a-z]*.py")) if "__main__" in file.read_text(encoding="utf-8")]
    chosen = words[:1] or named
    if unknown := [name for name in chosen if name not in named]:
        raise CommandMistaken(f"There is no benchmark {unknown[0]!r}; there are: {', '.join(named) or 'none'}.")
    options.logs.mkdir(parents=True, exist_ok=True)
    up.prepare(options, development=True)
    worst = 0
    for name in chosen:
        print(f"== {name}", flush=True)
        with aside(options) as own:
            code = subprocess.run(
                [str(venv.path(options, development=True) / "bin/python"), "-m", f"benchmarks.{name}", *words[1:]],
                cwd=CHECKOUT,
                env={**own.environment(), "HOME": "/root"},
                stdin=subprocess.DEVNULL,
                check=False,
            ).returncode
        worst = max(worst, abs(code))
    return worst
