"""Nothing that `./nq` imports before the virtual environment exists may need a package."""

from __future__ import annotations

import subprocess
import sys

from labsite.setup.options import CHECKOUT


def test_the_entry_script_needs_the_standard_library_alone() -> None:
    # -I -S: no site-packages, no environment, no current folder.
    script = (
        f"import sys; sys.path.insert(0, {str(CHECKOUT)!r}); from labsite.setup import command; "
        "sys.exit(command.main(['help']))"
    )
    answer = subprocess.run(
        [sys.executable, "-I", "-S", "-c", script],
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    assert answer.returncode == 0, answer.stderr
