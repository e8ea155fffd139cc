"""The rows: sessions, tokens, probes, matrices. One module per subject; nothing here touches a host or a request."""

from labs.models.matrix import Matrix
from labs.models.probe import Probe
from labs.models.session import LabSession
from labs.models.token import Token

__all__ = ["LabSession", "Matrix", "Probe", "Token"]
