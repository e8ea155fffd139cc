"""Lab files in, one validated `Lab` value out. Reads text; runs nothing.

`load` reads a folder and raises `LabInvalid`; `read` takes the files' bytes and returns what came of it, for files that
arrive over the network; `catalog` reads every lab that ships. Kubernetes manifests and `checks.yml` are not read here.
"""

from labs.specs.features import Features, KernelFeature
from labs.specs.folder import CATALOG, CatalogEntry, catalog, load, read_folder
from labs.specs.lab import (
    Attachment,
    Condition,
    Container,
    Dependency,
    Driver,
    Healthcheck,
    Lab,
    LabHost,
    Limits,
    Mode,
    ModeKind,
    Network,
    Port,
    Subnet,
)
from labs.specs.problem import Code, LabInvalid, Place, Problem, Severity
from labs.specs.reading import Reading, read

__all__ = [
    "CATALOG",
    "Attachment",
    "CatalogEntry",
    "Code",
    "Condition",
    "Container",
    "Dependency",
    "Driver",
    "Features",
    "Healthcheck",
    "KernelFeature",
    "Lab",
    "LabHost",
    "LabInvalid",
    "Limits",
    "Mode",
    "ModeKind",
    "Network",
    "Place",
    "Port",
    "Problem",
    "Reading",
    "Severity",
    "Subnet",
    "catalog",
    "load",
    "read",
    "read_folder",
]
