"""`./nq run`, `./nq exec` and `./nq probe`: a lab from the shell, through the same REST interface as the page."""

from __future__ import annotations

import difflib
import signal
import sys
import time
from collections.abc import Callable
from types import FrameType

from labsite.setup.client import JSON, Client
from labsite.setup.errors import CommandMistaken, RequestRefused, StepFailed
from labsite.setup.options import Options

_ENDED = {"stopped", "failed"}


def run(options: Options, lab: str, *, detach: bool = False) -> int:
    """Launch a lab, say where to look, and stop it on Ctrl-C (or leave it running with `detach`)."""
    client = Client(options)
    slugs = [str(entry["slug"]) for entry in client.list("labs/")]
    if lab not in slugs:
        close = difflib.get_close_matches(lab, slugs, n=1)
        hint = f"did you mean {close[0]}?" if close else f"there are: {', '.join(slugs)}."
        raise CommandMistaken(f"There is no lab {lab!r}; {hint}")
    # From here on Ctrl-C must stop the session, also between the request and its answer.
    asked_to_stop = False

    def ask(_number: int, _frame: FrameType | None) -> None:
        nonlocal asked_to_stop
        asked_to_stop = True

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, ask)
    session = str(client.post("sessions/", {"lab": lab})["id"])
    sys.stderr.write(f"{lab}: session {session}\n")
    reached = _follow(client, session, {"running"}, stop=lambda: asked_to_stop)
    if reached.get("state") == "failed":
        raise StepFailed(f"{lab} failed: {reached.get('reason') or 'no reason given'}", options.logs / "worker.log")
    if not asked_to_stop and reached.get("state") == "running":
        print(f"{options.url}sessions/{session}")
        if detach:
            return 0
        sys.stderr.write(f"  ./nq exec {session} HOST -- COMMAND    Ctrl-C stops it\n")
        sys.stdout.flush()
        reached = _follow(client, session, _ENDED, stop=lambda: asked_to_stop, every_s=1.0)
        if reached.get("state") in _ENDED:
            sys.stderr.write(f"{lab}: {reached.get('state')} {reached.get('reason') or ''}\n")
            return 0
    sys.stderr.write("\nstopping …\n")
    client.delete(f"sessions/{session}/")
    _follow(client, session, _ENDED, stop=lambda: False)
    sys.stderr.write(f"{lab}: stopped\n")
    return 0


def _follow(client: Client, session: str, states: set[str], *, stop: Callable[[], bool], every_s: float = 0.2) -> JSON:
    """Show progress until the session is in one of the states, has ended, or `stop` says so; returns its last view."""
    shown = ""
    while True:
        now = client.get(f"sessions/{session}/")
        progress = now.get("progress")
        text = str(progress.get("text", "")) if isinstance(progress, dict) else ""
        if text and text != shown:
            shown = text
            sys.stderr.write(f"  {text}\n")
        if now["state"] in states | _ENDED or stop():
            return now
        deadline = time.monotonic() + every_s
        while time.monotonic() < deadline and not stop():
            time.sleep(0.05)


def execute(options: Options, session: str, target: str, command: list[str], *, timeout_s: float) -> int:
    """Run a command on a host or in a container; its output becomes ours, its exit code is returned."""
    stdin = "" if sys.stdin is None or sys.stdin.isatty() else sys.stdin.read()
    answer = Client(options).post(
        f"sessions/{session}/exec/",
        {"target": target, "argv": command, "timeout_s": timeout_s, "stdin": stdin},
        timeout_s=timeout_s + 10,
    )
    sys.stdout.write(str(answer["stdout"]))
    sys.stderr.write(str(answer["stderr"]))
    if answer.get("truncated"):
        sys.stderr.write("nq: the output was cut\n")
    if answer.get("timed_out"):
        sys.stderr.write(f"nq: stopped after {timeout_s:g} s\n")
        return 124  # as timeout(1)
    code = answer["exit_code"]
    return code if isinstance(code, int) else 1


def probe(options: Options, session: str, source: str, target: str, *, protocol: str, port: int | None) -> int:
    """Measure once from one end to another; prints the sentence. Returns 0 reachable, 1 not, 2 not measured."""
    body: dict[str, object] = {"from": source, "to": target, "protocol": protocol, "timeout_s": 2}
    if port is not None:
        body["port"] = port
    client = Client(options)
    made = client.post(f"sessions/{session}/probes/?wait=5", body)
    deadline = time.monotonic() + 15
    while made["state"] != "done":
        if time.monotonic() > deadline:
            raise RequestRefused("The probe gave no verdict within 15 s.", 504)
        time.sleep(0.1)
        made = client.get(f"sessions/{session}/probes/{made['id']}/")
    print(made.get("sentence") or made["verdict"])
    return {"reachable": 0, "not_measured": 2}.get(str(made["verdict"]), 1)
