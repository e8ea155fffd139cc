"""The one tree of errors. Each class is one situation; each instance keeps its facts as attributes.

An error carries what different readers need, apart: `reason` is a sentence for the learner, `code` is
stable and for programs, `retryable` says whether trying again can help. The log text is `str(error)`.
The HTTP status belongs to the API, which maps classes to statuses.
"""

from __future__ import annotations

from typing import ClassVar


class LabError(Exception):
    """Anything Netquarium reports on purpose. Never raised itself: raise a subclass that names the situation."""

    code: ClassVar[str] = "lab_error"
    retryable: ClassVar[bool] = False

    def __init__(self, reason: str, **facts: object) -> None:
        super().__init__(reason)
        self.reason = reason
        self.facts: dict[str, object] = facts
