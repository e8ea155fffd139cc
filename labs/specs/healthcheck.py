"""Compose `healthcheck`."""

from __future__ import annotations

from typing import Final

from labs.specs.lab import Healthcheck
from labs.specs.node import Node, ScalarNode
from labs.specs.problem import Code, Report
from labs.specs.section import Section, Vocabulary, ignores, reads
from labs.specs.value import boolean, duration, integer, list_of, text

HEALTHCHECK_KEYS: Final = Vocabulary.of(
    "a healthcheck",
    reads("test", "a shell command, or a list beginning with `CMD`, `CMD-SHELL` or `NONE`."),
    reads("interval", "time between checks; `30s`."),
    reads("timeout", "time one check may take; `30s`."),
    reads("retries", "failures in a row that make a container unhealthy; 3."),
    reads("start_period", "time in which failures do not count; `0s`."),
    reads("disable", "`true` turns the check off."),
    ignores("start_interval", "it needs a newer engine; checks run at 'interval' from the start"),
)

_FORMS: Final = ("CMD", "CMD-SHELL", "NONE")
_SHORTEST_S: Final = 0.001
"""The engine refuses shorter times (API: "cannot be less than 1ms"), 0 standing for its default."""


def healthcheck(node: Node, report: Report) -> Healthcheck | None:
    section = Section.open(node, HEALTHCHECK_KEYS, report)
    if section.read("disable", boolean):
        return Healthcheck(("NONE",))
    test = section.read("test", _test)
    default = Healthcheck(())
    times = {
        name: _time(section, name, otherwise)
        for name, otherwise in (
            ("interval", default.interval_s),
            ("timeout", default.timeout_s),
            ("start_period", default.start_period_s),
        )
    }
    retries = section.read("retries", integer(0, 1000)) or default.retries
    if test is None:
        if section.lacks("test"):
            report.error(
                section.place,
                Code.MISSING_KEY,
                "A healthcheck needs a test: the lab's images have none of their own.",
                remedy='Add a test, like test: ["CMD", "nc", "-z", "localhost", "80"].',
            )
        return None
    return Healthcheck(test, times["interval"], times["timeout"], retries, times["start_period"])


def _time(section: Section, name: str, otherwise: float) -> float:
    found = section.locate(name, duration)
    if found is None or found.value == 0:
        return otherwise
    if found.value < _SHORTEST_S:
        section.report.error(found.place, Code.LIMIT, "The engine's shortest time is 1ms.", remedy="Write '1s'.")
    return found.value


def _test(node: Node, report: Report) -> tuple[str, ...] | None:
    if isinstance(node, ScalarNode):
        shell = text(node, report)
        return ("CMD-SHELL", shell) if shell else None
    words = tuple(item.value for item in list_of(text, "words")(node, report) or ())
    if not words or words[0] not in _FORMS:
        report.error(
            node.place,
            Code.BAD_VALUE,
            "The list must begin with CMD, CMD-SHELL or NONE.",
            found=words[0] if words else None,
            allowed=_FORMS,
            remedy='Put "CMD" first, or write the test as one text.',
        )
        return None
    if words[0] != "NONE" and len(words) < 2:
        report.error(node.place, Code.BAD_VALUE, f"Nothing follows {words[0]}.", remedy="Add the command.")
        return None
    return words
