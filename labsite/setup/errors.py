"""What can go wrong before and around the running instance, one class per situation."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from labs.errors import LabError


class MachineUnsuitable(LabError):
    """The machine, its kernel or the caller's rights cannot carry Netquarium; the reason names what is missing."""

    code: ClassVar[str] = "machine_unsuitable"


class PortTaken(LabError):
    """Another process listens where the web program should."""

    code: ClassVar[str] = "port_taken"


class SettingInvalid(LabError):
    """A setting has a value that cannot be meant."""

    code: ClassVar[str] = "setting_invalid"


class StepFailed(LabError):
    """A step of setting up ended with an error; `log` holds all it said."""

    code: ClassVar[str] = "step_failed"
    retryable: ClassVar[bool] = True

    def __init__(self, reason: str, log: Path | None = None) -> None:
        super().__init__(reason, log=log)
        self.log = log


class NotRunning(LabError):
    """The command needs a running instance, and none answers."""

    code: ClassVar[str] = "not_running"


class RequestRefused(LabError):
    """The running instance refused a request; `status` is HTTP's, `problem` its stable code."""

    code: ClassVar[str] = "request_refused"

    def __init__(self, reason: str, status: int, problem: str = "") -> None:
        super().__init__(reason, status=status, problem=problem)
        self.status = status
        self.problem = problem


class CommandMistaken(LabError):
    """The command line cannot be understood; the reason says what was meant, if that can be guessed."""

    code: ClassVar[str] = "command_mistaken"
