"""The system-call filter of every process in a box, the learner's shells and `--privileged` containers included.

Everything is allowed that the kernel keeps apart by namespace. Denied are socket families that no namespace bounds
(AF_VSOCK reaches the hypervisor from anywhere) or that only widen what can be attacked, and calls that load code into
the kernel, reach files past mounts, or have been a way out before. The list names only the native architecture:
libseccomp then kills a process that calls by another (32-bit) entry, where `socketcall` would hide its arguments.
"""

from __future__ import annotations

import errno

DENIED_CALLS = (  # noqa: SIM905
    "kexec_load kexec_file_load init_module finit_module delete_module create_module open_by_handle_at "
    "io_uring_setup io_uring_enter io_uring_register userfaultfd perf_event_open "
    "acct swapon swapoff quotactl quotactl_fd settimeofday clock_settime clock_adjtime adjtimex "
    "iopl ioperm lookup_dcookie nfsservctl uselib vm86 vm86old socketcall add_key request_key"
).split()

UNIX, INET, INET6, NETLINK, PACKET = 1, 2, 10, 16, 17
ALLOWED_FAMILIES = (UNIX, INET, INET6, NETLINK, PACKET)
LAST_FAMILY = 46
VSOCK = 40


def filter_() -> dict[str, object]:
    """Return the `linux.seccomp` part of an OCI configuration."""
    families = [family for family in range(LAST_FAMILY + 1) if family not in ALLOWED_FAMILIES]
    rules: list[dict[str, object]] = [_deny(DENIED_CALLS, errno.EPERM)]
    for call in ("socket", "socketpair"):
        rules += [_deny([call], errno.EAFNOSUPPORT, family, "SCMP_CMP_EQ") for family in families]
        rules.append(_deny([call], errno.EAFNOSUPPORT, LAST_FAMILY, "SCMP_CMP_GT"))
    return {"defaultAction": "SCMP_ACT_ALLOW", "syscalls": rules}


def _deny(names: list[str], number: int, value: int | None = None, operator: str = "") -> dict[str, object]:
    rule: dict[str, object] = {"names": names, "action": "SCMP_ACT_ERRNO", "errnoRet": number}
    if value is not None:
        rule["args"] = [{"index": 0, "value": value, "op": operator}]
    return rule
