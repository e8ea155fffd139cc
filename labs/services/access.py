"""Which sessions a user may know of: their own, or all of them."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.db.models import QuerySet

from labs.models import LabSession
from labs.services.errors import SessionNotFound


def sessions(user: User, *, all_of_them: bool) -> QuerySet[LabSession]:
    """Return the sessions the user may know of, newest first, owners loaded."""
    rows = LabSession.objects.select_related("owner")
    return rows if all_of_them else rows.filter(owner=user)


def session(user: User, identifier: str, *, all_of_them: bool) -> LabSession:
    """Return one of them. Raises SessionNotFound: a stranger's session and none at all look the same."""
    row = sessions(user, all_of_them=all_of_them).filter(id=identifier).first()
    if row is None:
        raise SessionNotFound(identifier)
    return row
