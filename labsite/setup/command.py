"""The command line of `./nq`: what each word does, in one table; mistakes answered with what was meant."""

from __future__ import annotations

import argparse
import difflib
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NoReturn

from labs.errors import LabError
from labsite.setup import check, down, matrix, options, sessions, status, suite, up, venv
from labsite.setup.errors import CommandMistaken, StepFailed
from labsite.setup.options import Options

Arguments = argparse.Namespace


@dataclass(frozen=True)
class Command:
    """One word after `./nq`. `run` returns the exit code."""

    name: str
    usage: str
    help: str
    run: Callable[[Options, Arguments], int]
    arguments: Callable[[argparse.ArgumentParser], None] | None = None
    root: bool = True


class _Parser(argparse.ArgumentParser):
    """argparse whose mistakes are our errors: one sentence, no usage block."""

    def error(self, message: str) -> NoReturn:
        raise CommandMistaken(f"{self.prog}: {message}. See {self.prog} --help")


def _up(settings: Options, _arguments: Arguments) -> int:
    entry = up.up(settings)
    print(
        f"\nNetquarium is up.\n  page   {entry.url}\n  login  {entry.login}   password  {entry.password}\n"
        f"  token  {entry.token}"
    )
    return 0


def _down(settings: Options, _arguments: Arguments) -> int:
    print("Netquarium is down." if down.down(settings) else "Netquarium was not running.")
    return 0


def _logs_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("program", nargs="?", help="web, worker, observer, beat, redis, supervisord or setup")
    parser.add_argument("-f", "--follow", action="store_true", help="go on showing new lines")
    parser.add_argument("-n", "--lines", type=int, default=40, help="how many lines at first (40)")


def _token_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--user", help="whose token (the admin's)")
    parser.add_argument("--scope", action="append", default=[], help="what it may do; may be given several times")


def _token(settings: Options, arguments: Arguments) -> int:
    line = ["manage.py", "token", "--user", arguments.user or settings.admin]
    for scope in arguments.scope:
        line += ["--scope", scope]
    print(venv.output(settings, line, environment=settings.environment()).strip().splitlines()[-1])
    return 0


def _user_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", help="the login, such as ada")
    parser.add_argument("--staff", action="store_true", help="may see and end everybody's sessions")


def _user(settings: Options, arguments: Arguments) -> int:
    line = ["manage.py", "make_user", arguments.name, *(["--staff"] if arguments.staff else [])]
    password = venv.output(settings, line, environment=settings.environment()).strip().splitlines()[-1]
    print(f"login  {arguments.name}   password  {password}")
    return 0


def _run_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("lab", help="the lab's slug, such as default-bridge")
    parser.add_argument("-d", "--detach", action="store_true", help="leave it running and return")


def _exec_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--timeout", type=float, default=10, metavar="S", help="seconds it may take (10)")
    parser.add_argument("session")
    parser.add_argument("target", help="a lab host (alpha) or a container on it (alpha/web)")
    parser.add_argument("words", nargs="*", metavar="-- command", help="what to run")


def _exec(settings: Options, arguments: Arguments) -> int:
    if not arguments.words:
        raise CommandMistaken("./nq exec SESSION TARGET -- COMMAND …: the command is missing.")
    return sessions.execute(settings, arguments.session, arguments.target, arguments.words, timeout_s=arguments.timeout)


def _probe_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("session")
    parser.add_argument("source", help="where from: alpha or alpha/web")
    parser.add_argument("target", help="where to: a name or an address")
    parser.add_argument("--protocol", default="icmp", choices=("icmp", "tcp", "udp", "dns", "http"))
    parser.add_argument("--port", type=int)


COMMANDS: tuple[Command, ...] = (
    Command("up", "up", "install what is missing, build, start, and print URL, login and token", _up),
    Command("down", "down", "stop the programs and every lab host; leave nothing running", _down),
    Command("status", "status", "show every program's state", lambda settings, _: status.status(settings)),
    Command(
        "logs",
        "logs [PROGRAM] [-f]",
        "show what the programs said",
        lambda settings, given: status.logs(settings, given.program, follow=given.follow, lines=given.lines),
        _logs_arguments,
    ),
    Command(
        "run",
        "run LAB",
        "launch a lab, print where to look, stop it on Ctrl-C",
        lambda settings, given: sessions.run(settings, given.lab, detach=given.detach),
        _run_arguments,
    ),
    Command(
        "exec",
        "exec SESSION TARGET -- COMMAND …",
        "run a command on a lab host or in a container",
        _exec,
        _exec_arguments,
    ),
    Command(
        "probe",
        "probe SESSION FROM TO",
        "measure whether one end reaches another",
        lambda settings, given: sessions.probe(
            settings, given.session, given.source, given.target, protocol=given.protocol, port=given.port
        ),
        _probe_arguments,
    ),
    Command(
        "matrix",
        "matrix SESSION [ENDPOINT …]",
        "measure every pair of hosts and containers at once",
        lambda settings, given: matrix.matrix(settings, given),
        matrix.arguments,
    ),
    Command("user", "user NAME [--staff]", "make a login and print its password once", _user, _user_arguments),
    Command("token", "token [--user U] [--scope S]", "print a bearer token alone", _token, _token_arguments),
    Command(
        "test",
        "test [PYTEST ARGUMENTS]",
        "set up and run every test: page, unit, integration, browser",
        lambda settings, given: suite.test(settings, given.rest),
    ),
    Command("check", "check", "format, lint, types, migrations, page types", lambda settings, _: check.check(settings)),
    Command(
        "bench",
        "bench [NAME]",
        "run the benchmarks, or one of them",
        lambda settings, given: suite.bench(settings, given.rest),
    ),
)

_VERBATIM = {"test", "bench"}
"""Commands whose arguments go on unread."""


def overview() -> str:
    """Return the help text."""
    width = max(len(command.usage) for command in COMMANDS)
    lines = [f"  ./nq {command.usage:<{width}}  {command.help}" for command in COMMANDS]
    return "\n".join(
        (
            "Netquarium: a web lab for container networking.",
            "",
            *lines,
            "",
            "./nq COMMAND --help tells more. Settings are environment variables: docs/operations.md.",
        )
    )


def dispatch(words: Sequence[str]) -> int:
    """Carry out one command line; returns the exit code, raises LabError with the sentence to show."""
    if not words or words[0] in {"help", "-h", "--help"}:
        print(overview())
        return 0
    named = {command.name: command for command in COMMANDS}
    command = named.get(words[0])
    if command is None:
        close = difflib.get_close_matches(words[0], named, n=1)
        hint = f"did you mean ./nq {close[0]}?" if close else "./nq help lists what there is."
        raise CommandMistaken(f"There is no command {words[0]!r}; {hint}")
    rest = list(words[1:])
    if command.name in _VERBATIM:
        arguments = Arguments(rest=rest)
    else:
        parser = _Parser(prog=f"./nq {command.name}", description=command.help)
        if command.arguments is not None:
            command.arguments(parser)
        arguments = parser.parse_args(rest)
    if command.root:
        down.require_root(os.geteuid())
    return command.run(options.load(), arguments)


def main(words: Sequence[str]) -> int:
    """Run one command line; a LabError becomes one sentence on stderr and exit code 1 (2 for a mistaken command)."""
    try:
        return dispatch(words)
    except CommandMistaken as error:
        sys.stderr.write(f"nq: {error.reason}\n")
        return 2
    except StepFailed as error:
        sys.stderr.write(f"nq: {error.reason}\n" + (f"    log: {error.log}\n" if error.log else ""))
        return 1
    except LabError as error:
        sys.stderr.write(f"nq: {error.reason}\n")
        return 1
    except BrokenPipeError:
        sys.stderr.close()
        return 141  # 128 + SIGPIPE, as a shell reports it
    except KeyboardInterrupt:
        sys.stderr.write("\nnq: interrupted\n")
        return 130
