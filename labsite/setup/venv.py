"""Virtual environments, one per set of requirements and Python version, kept in CACHE/venv/<hash>."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

from labsite.setup.errors import StepFailed
from labsite.setup.options import CHECKOUT, Options
from labsite.setup.steps import Step

COMPLETE = ".complete"
"""The file that says that every requirement went in; a folder without it is left over and made anew."""


def interpreter() -> str:
    """Return the system's Python: a root-owned one that the unprivileged web program may execute as well.

    A Python under /root (pyenv and the like) would be unreadable to it.
    """
    system = Path("/usr/bin/python3")
    return str(system) if system.exists() else sys.executable


def _version(python: str) -> str:
    """Return what tells one Python from its successor without starting it: the binary's place, size and date."""
    binary = Path(python).resolve()
    status = binary.stat()
    return f"{binary} {status.st_size} {int(status.st_mtime)}"


def _texts(requirements: Path) -> bytes:
    """Return the requirements with every `-r` file they include, in order."""
    parts = [requirements.read_bytes()]
    for line in requirements.read_text(encoding="utf-8").splitlines():
        if line.startswith("-r "):
            parts.append(_texts(requirements.parent / line.removeprefix("-r ").strip()))
    return b"\0".join(parts)


def path(options: Options, *, development: bool = False) -> Path:
    """Return where the environment is or will be; nothing is made."""
    requirements = CHECKOUT / ("requirements-dev.txt" if development else "requirements.txt")
    digest = hashlib.sha256(_texts(requirements) + _version(interpreter()).encode()).hexdigest()[:12]
    return options.cache / "venv" / digest


def is_ready(folder: Path) -> bool:
    return (folder / COMPLETE).exists()


def make(folder: Path, step: Step, options: Options, *, development: bool = False) -> None:
    """Make the environment and install its requirements. Raises StepFailed; a half-made one is removed first."""
    requirements = CHECKOUT / ("requirements-dev.txt" if development else "requirements.txt")
    shutil.rmtree(folder, ignore_errors=True)
    folder.parent.mkdir(parents=True, exist_ok=True)
    folder.parent.chmod(0o755)
    step.say("making the virtual environment")
    step.run([interpreter(), "-m", "venv", str(folder)])
    environment = {
        **os.environ,
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "PIP_NO_INPUT": "1",
        "PIP_CACHE_DIR": str(options.cache / "pip"),
        "PYTHONDONTWRITEBYTECODE": "",
    }
    environment.pop("PYTHONPATH", None)
    step.run(
        [str(folder / "bin/python"), "-m", "pip", "install", "--progress-bar", "off", "-r", str(requirements)],
        environment=environment,
    )
    (folder / COMPLETE).touch()


def output(options: Options, arguments: list[str], *, environment: dict[str, str], timeout_s: float = 60) -> str:
    """Run the environment's Python in the checkout; returns what it printed. Raises StepFailed with its last words."""
    answer = subprocess.run(
        [str(path(options) / "bin/python"), *arguments],
        cwd=CHECKOUT,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=timeout_s,
        check=False,
    )
    if answer.returncode:
        words = (answer.stderr.strip() or answer.stdout.strip() or "it said nothing").splitlines()
        raise StepFailed(words[-1].removeprefix("CommandError: "))
    return answer.stdout
