"""Situations in which the kernel cannot be read."""

from __future__ import annotations

from labs.errors import LabError


class NamespaceGone(LabError):
    """The network namespace no longer exists: its last process, mount or descriptor is gone. Fact: `path`."""

    code = "namespace_gone"


class NotANamespace(LabError):
    """The file named is no network namespace, or not one the lab host owns. Facts: `path`, `found`.

    Lab hosts' files are a learner's: a link to the machine's own namespace must never be followed.
    """

    code = "not_a_namespace"


class KernelRefused(LabError):
    """The kernel answered a netlink request with an error. Facts: `operation`, `errno`."""

    code = "kernel_refused"


class Overrun(LabError):
    """Messages were lost because a netlink socket's buffer was full (ENOBUFS): read everything again."""

    code = "netlink_overrun"
    retryable = True


class RulesUnreadable(LabError):
    """A rule-listing program failed. Facts: `command`, `exit_code`, `stderr`."""

    code = "rules_unreadable"
    retryable = True
