"""What can go wrong between a browser, the web process and the observer."""

from __future__ import annotations

from typing import ClassVar

from labs.errors import LabError


class ObserverUnavailable(LabError):
    """The observer's socket does not answer: it is starting, or not running on this machine."""

    code: ClassVar[str] = "observer_unavailable"
    retryable: ClassVar[bool] = True


class ProtocolError(LabError):
    """The other end of the observer's socket sent something that is no frame of ours."""

    code: ClassVar[str] = "observer_protocol"


class ObserverRefused(LabError):
    """The observer could not do what was asked; its reason says why. For refusals of rooms the client does not know."""

    code: ClassVar[str] = "observer_refused"


class TicketRefused(LabError):
    """A ticket is forged, expired, spent, or for something else. The reason never says which secret was wrong."""

    code: ClassVar[str] = "ticket_refused"


class TargetUnknown(LabError):
    """A target names no host of the session, no container on it, or a bare name that several hosts have."""

    code: ClassVar[str] = "target_unknown"


class SessionNotWatched(LabError):
    """The observer does not watch this session: it is not running (yet, or any more) on this machine."""

    code: ClassVar[str] = "session_not_watched"
    retryable: ClassVar[bool] = True


class NamespaceUnknown(LabError):
    """The session has no namespace of that id (any more)."""

    code: ClassVar[str] = "namespace_unknown"


class TerminalUnknown(LabError):
    """No terminal of that id is open: it ended, was closed, or was idle too long."""

    code: ClassVar[str] = "terminal_unknown"


class TooManyTerminals(LabError):
    """The session has as many terminals open as it may."""

    code: ClassVar[str] = "too_many_terminals"


class TooManyCommands(LabError):
    """The session runs as many commands at once as it may."""

    code: ClassVar[str] = "too_many_commands"
    retryable: ClassVar[bool] = True


class CommandNotStarted(LabError):
    """A command could not be started on a lab host at all (not: it ran and failed)."""

    code: ClassVar[str] = "command_not_started"


BY_CODE: dict[str, type[LabError]] = {
    error.code: error
    for error in (
        ObserverUnavailable,
        ProtocolError,
        ObserverRefused,
        TicketRefused,
        TargetUnknown,
        SessionNotWatched,
        NamespaceUnknown,
        TerminalUnknown,
        TooManyTerminals,
        TooManyCommands,
        CommandNotStarted,
    )
}
"""For the client, which turns the observer's answer back into the error it was."""
