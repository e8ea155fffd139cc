"""What can go wrong with lab hosts and their image; one class per situation."""

from __future__ import annotations

from labs.errors import LabError


class NotRoot(LabError):
    """The caller is not root of the machine."""

    code = "not_root"


class MachineUnfit(LabError):
    """The machine lacks something every lab host needs; `reason` names it and the remedy."""

    code = "machine_unfit"


class ImageMissing(LabError):
    """No lab host image of this version's recipe is built."""

    code = "image_missing"


class ImageBuildFailed(LabError):
    """A step of building the lab host image failed. Fact `log` is the log's path."""

    code = "image_build_failed"
    retryable = True


class NoSpace(LabError):
    """The file system of the cache is full, or too small for the image."""

    code = "no_space"


class NoUidRange(LabError):
    """Every private uid range of the machine is taken."""

    code = "no_uid_range"
    retryable = True


class HostStartFailed(LabError):
    """A box did not start. Facts: `box`, `log` (the launcher's words)."""

    code = "host_start_failed"
    retryable = True


class HostExists(LabError):
    """The session already has a host of that name."""

    code = "host_exists"


class HostGone(LabError):
    """The host's PID 1 has ended: rebooted from inside, stopped, or its engine failed for good."""

    code = "host_gone"


class HostStopFailed(LabError):
    """Something of a box could not be removed. Facts: `box`, `left` (what is left)."""

    code = "host_stop_failed"
    retryable = True


class EngineNotReady(LabError):
    """The host's engine did not answer in time. Fact `log` holds the end of the engine's own log."""

    code = "engine_not_ready"
    retryable = True


class UnderlayFailed(LabError):
    """The session's underlay, or a host's cable to it, could not be made. Fact `log`: what ip(8) said."""

    code = "underlay_failed"
    retryable = True


class InternetUnavailable(LabError):
    """The lab asks for the internet and the machine has no way to give it."""

    code = "internet_unavailable"
