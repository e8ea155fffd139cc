"""`./nq check`: format, lint, types, migrations and the page's types; each named, all run, one verdict."""

from __future__ import annotations

import subprocess
import sys
import time

from labsite.setup import frontend, up, venv
from labsite.setup.options import CHECKOUT, Options
from labsite.setup.steps import step


def check(options: Options) -> int:
    """Run every check; returns 0 when all passed. What a failed one said is shown whole."""
    up.prepare(options, development=True)
    with step("the page's packages", options.logs) as under_way:
        frontend.install(venv.path(options), under_way, options)
    folder = venv.path(options, development=True) / "bin"
    npm = frontend.npm(venv.path(options))
    page = frontend.environment(venv.path(options), options)
    own = options.environment()
    checks: list[tuple[str, list[str], dict[str, str]]] = [
        ("format", [str(folder / "ruff"), "format", "--check", "."], own),
        ("lint", [str(folder / "ruff"), "check", "."], own),
        ("types", [str(folder / "mypy")], own),
        ("Django", [str(folder / "python"), "manage.py", "check"], own),
        ("migrations", [str(folder / "python"), "manage.py", "makemigrations", "--check", "--dry-run"], own),
        ("page types", [*npm, "--prefix", "frontend", "run", "check"], page),
        ("page lint", [*npm, "--prefix", "frontend", "run", "lint"], page),
    ]
    failed = []
    for name, command, environment in checks:
        began = time.monotonic()
        answer = subprocess.run(
            command,
            cwd=CHECKOUT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        sign = "✗" if answer.returncode else "✓"
        print(f"{sign} {name} ({time.monotonic() - began:.1f} s)", flush=True)
        if answer.returncode:
            failed.append(name)
            sys.stdout.write(answer.stdout)
    print(
        f"{len(checks) - len(failed)} of {len(checks)} checks passed"
        + (f"; failed: {', '.join(failed)}" if failed else "")
    )
    return 1 if failed else 0
