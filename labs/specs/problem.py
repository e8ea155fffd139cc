"""What is wrong with a lab's files: problems with a place, a code and a remedy, gathered while reading goes on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from enum import StrEnum
from functools import lru_cache
from typing import Final

from labs.errors import LabError

MAX_PROBLEMS: Final = 200
"""Problems kept from one reading; a file that has more is broken in one way many times."""

MAX_ALLOWED: Final = 100
"""Words listed as allowed, and compared when looking for what was meant."""

_FOUND_LENGTH: Final = 80
_MESSAGE_LENGTH: Final = 320


class Severity(StrEnum):
    ERROR = "error"
    """The lab cannot start, or would not be the lab its files describe."""
    WARNING = "warning"
    """The lab starts as described; something in its files has no effect or may surprise."""


class Code(StrEnum):
    """Every kind of problem, stable for programs. `docs/lab-files.md` lists them."""

    # The file as bytes and as YAML
    FILE_MISSING = "file_missing"
    FILE_TOO_LARGE = "file_too_large"
    FILE_UNREADABLE = "file_unreadable"
    FILE_UNUSED = "file_unused"
    NOT_TEXT = "not_text"
    YAML_SYNTAX = "yaml_syntax"
    YAML_TAB = "yaml_tab"
    YAML_TAG = "yaml_tag"
    YAML_ALIAS = "yaml_alias"
    YAML_DUPLICATE_KEY = "yaml_duplicate_key"
    YAML_DOCUMENTS = "yaml_documents"
    YAML_DEPTH = "yaml_depth"
    YAML_SIZE = "yaml_size"
    YAML_KEY = "yaml_key"
    EMPTY = "empty"
    INTERPOLATION = "interpolation"
    VARIABLE_UNSET = "variable_unset"
    TOO_MANY_PROBLEMS = "too_many_problems"
    # Keys and values
    UNKNOWN_KEY = "unknown_key"
    IGNORED_KEY = "ignored_key"
    REFUSED_KEY = "refused_key"
    MISSING_KEY = "missing_key"
    WRONG_TYPE = "wrong_type"
    BAD_VALUE = "bad_value"
    BAD_NAME = "bad_name"
    REPEATED = "repeated"
    CONFLICT = "conflict"
    LIMIT = "limit"
    # What names refer to
    UNKNOWN_IMAGE = "unknown_image"
    UNKNOWN_HOST = "unknown_host"
    UNKNOWN_NETWORK = "unknown_network"
    UNKNOWN_SERVICE = "unknown_service"
    UNUSED_NETWORK = "unused_network"
    NAME_TAKEN = "name_taken"
    # How things fit together
    CIRCLE = "circle"
    PLACEMENT = "placement"
    REPLICAS = "replicas"
    NETWORK_MODE = "network_mode"
    CONDITION = "condition"
    PORT_TAKEN = "port_taken"
    PORT_UNPUBLISHED = "port_unpublished"
    SUBNET_MISSING = "subnet_missing"
    SUBNET_OVERLAP = "subnet_overlap"
    SUBNET_FULL = "subnet_full"
    ADDRESS_OUTSIDE = "address_outside"
    ADDRESS_RESERVED = "address_reserved"
    ADDRESS_TAKEN = "address_taken"
    ADDRESS_RACE = "address_race"
    IPV6_DISABLED = "ipv6_disabled"
    MAC_TAKEN = "mac_taken"
    ALIAS_SHARED = "alias_shared"
    PARENT = "parent"
    DRIVER_OPTION = "driver_option"
    OVERLAY = "overlay"
    KERNEL_LACKS = "kernel_lacks"


@dataclass(frozen=True, order=True, slots=True)
class Place:
    """A position in a file; line and column count from 1."""

    file: str
    line: int = 1
    column: int = 1

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong, as told to its author.

    `found` is what stands there (shortened), `allowed` lists what may stand there when that is a list, `remedy` is
    what to do, as a sentence.
    """

    file: str
    line: int
    column: int
    code: Code
    severity: Severity
    message: str
    found: str | None = None
    allowed: tuple[str, ...] = ()
    remedy: str | None = None

    @property
    def place(self) -> Place:
        return Place(self.file, self.line, self.column)

    def __str__(self) -> str:
        text = f"{self.place}: {self.severity}: {self.message}"
        return f"{text} {self.remedy}" if self.remedy else text


class LabInvalid(LabError):
    """Raised when lab files hold at least one error. `problems` has them all, warnings included, in file order."""

    code = "lab_invalid"

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        errors = [problem for problem in self.problems if problem.severity is Severity.ERROR]
        more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
        super().__init__(f"{errors[0] if errors else 'the lab files are not valid'}{more}", problems=self.problems)


@dataclass(slots=True)
class Report:
    """Gathers problems. Readers write to it and go on, so that one reading tells all."""

    _problems: dict[tuple[Place, Code, str], Problem] = field(default_factory=dict)

    def error(
        self,
        place: Place,
        code: Code,
        message: str,
        *,
        found: object = None,
        allowed: Iterable[str] = (),
        remedy: str | None = None,
    ) -> None:
        self._add(place, code, Severity.ERROR, message, found, tuple(allowed), remedy)

    def warning(
        self,
        place: Place,
        code: Code,
        message: str,
        *,
        found: object = None,
        allowed: Iterable[str] = (),
        remedy: str | None = None,
    ) -> None:
        self._add(place, code, Severity.WARNING, message, found, tuple(allowed), remedy)

    def did_you_mean(self, word: str, known: Iterable[str]) -> str | None:
        """Return a remedy naming the nearest known word, or None. Comparing words is dear: a full report has none."""
        close = nearest(word, known) if len(self._problems) <= MAX_PROBLEMS else None
        return f"Did you mean '{close}'?" if close else None

    @property
    def failed(self) -> bool:
        return any(problem.severity is Severity.ERROR for problem in self._problems.values())

    def problems(self) -> tuple[Problem, ...]:
        """All problems in order of file, line and column. The same words at the same place appear once."""
        return tuple(sorted(self._problems.values(), key=lambda problem: problem.place))

    def _add(
        self,
        place: Place,
        code: Code,
        severity: Severity,
        message: str,
        found: object,
        allowed: tuple[str, ...],
        remedy: str | None,
    ) -> None:
        if len(self._problems) > MAX_PROBLEMS:
            return
        if len(self._problems) == MAX_PROBLEMS:
            code, severity = Code.TOO_MANY_PROBLEMS, Severity.ERROR
            message, found, allowed = f"More than {MAX_PROBLEMS} problems: the rest is not listed.", None, ()
            remedy = "Mend the ones above first."
        problem = Problem(
            place.file,
            place.line,
            place.column,
            code,
            severity,
            shorten(message, _MESSAGE_LENGTH),
            None if found is None else shorten(str(found)),
            allowed[:MAX_ALLOWED],
            remedy,
        )
        self._problems.setdefault((place, code, message), problem)


def shorten(text: str, length: int = _FOUND_LENGTH) -> str:
    """Return the text on one line, control characters escaped, cut to the length."""
    head = text[:length]
    shown = head if head.isprintable() else "".join(map(_visible, head))[:length]
    return shown if len(text) <= length else f"{shown[: length - 1]}…"


def _visible(character: str) -> str:
    return character if character.isprintable() else character.encode("unicode_escape").decode("ascii")


def nearest(word: str, known: Iterable[str]) -> str | None:
    """Return the known word the author most likely meant, or None when nothing is close."""
    return _nearest(word[:64], tuple(known)[:MAX_ALLOWED])


@lru_cache(maxsize=1024)
def _nearest(word: str, known: tuple[str, ...]) -> str | None:
    by_folded: Mapping[str, str] = {_fold(candidate): candidate for candidate in known}
    close = get_close_matches(_fold(word), list(by_folded), n=1, cutoff=0.7)
    return by_folded[close[0]] if close else None


def _fold(word: str) -> str:
    return word.lower().replace("-", "_")
