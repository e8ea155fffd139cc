"""Ways out of a lab host that a learner may try, each a shell script that says BREACHED when it has worked.

Every script runs in a host's own shell and in the strongest container Docker offers; `$BOX` is where the host's root is
seen from there. `$SECRET_FILE` is a file of the machine whose text holds `$SECRET`; `$MACHINE_SOCKET` a listening unix
socket of the machine; `$PORT` a TCP port open on every address of the machine (`$ADDRESSES`); `$DISK` the numbers of
the machine's disk. The programs of PROGRAMS lie in $BOX/root/programs.
"""

# A script is easier to read on a line of its own than cut in pieces:
# ruff: noqa: E501

from __future__ import annotations

from tests.integration.hosts.tiny_program import X32, call_32, call_64, socketcall_32

VSOCK, ALG, QIPCRTR, STREAM, DATAGRAM = 40, 38, 42, 1, 2

PROGRAMS = {
    "vsock": call_64(41, VSOCK, STREAM, 0),
    "vsock-by-x32": call_64(41 | X32, VSOCK, STREAM, 0),
    "vsock-by-int80": call_32(359, VSOCK, STREAM, 0),
    "vsock-by-socketcall": socketcall_32(VSOCK),
    "alg": call_64(41, ALG, 5, 0),
    "qipcrtr": call_64(41, QIPCRTR, DATAGRAM, 0),
    "io-uring-setup": call_64(425, 1, 0),
    "userfaultfd": call_64(323, 0),
    "perf-event-open": call_64(298, 0, 0, -1, -1, 0),
    "kexec-load": call_64(246, 0, 0, 0, 0),
    "init-module": call_64(175, 0, 0, 0),
    "finit-module": call_64(313, 0, 0, 0),
    "delete-module": call_64(176, 0, 0),
    "open-by-handle-at": call_64(304, -100, 0, 0),
    "swapon": call_64(167, 0, 0),
    "acct": call_64(163, 0),
    "iopl": call_64(172, 3),
    "add-key": call_64(248, 0, 0, 0, 0, 0),
}
"""Denied calls. A program that the filter kills has not worked either."""

DENIED_ERRNOS = (1, 38, 97)
"""EPERM by the filter, ENOSYS for an entry that the kernel lacks, EAFNOSUPPORT for a family."""


def _write(path: str, value: str) -> str:
    """Write to a knob of the machine; worked when the write did."""
    return f"test -e {path} || exit 3; echo '{value}' >{path} && echo BREACHED"


def _mount(kind: str, source: str = "none", options: str = "") -> str:
    return f"mkdir -p /tmp/m; mount -t {kind} {options} {source} /tmp/m && echo BREACHED"


SCRIPTS = {
    # files of the machine
    "read the machine's file by its path": 'grep -s "$SECRET" "$SECRET_FILE" "$BOX$SECRET_FILE" && echo BREACHED',
    "read the machine's file by PID 1's root": 'grep -s "$SECRET" "/proc/1/root$SECRET_FILE" && echo BREACHED',
    "read the machine's file by any descriptor": (
        'for d in /proc/[0-9]*/fd/* /proc/[0-9]*/cwd; do grep -s "$SECRET" '
        '"$d/../../../../../../..$SECRET_FILE" && echo BREACHED; done'
    ),
    "find another user's file": "find $BOX/ -xdev -user 0 -name shadow -exec grep -l '^netquarium' {} + && echo BREACHED",
    "make the machine's disk": "mknod /tmp/disk b $DISK && head -c 512 /tmp/disk | wc -c && echo BREACHED",
    "make the machine's memory": "mknod /tmp/mem c 1 1 && head -c 16 /tmp/mem && echo BREACHED",
    "make the machine's kernel log": "mknod /tmp/kmsg c 1 11 && timeout 1 head -c 16 /tmp/kmsg && echo BREACHED",
    "make the hypervisor's door": "mknod /tmp/kvm c 10 232 && : </tmp/kvm && echo BREACHED",
    "find a disk, memory or kernel log ready made": (
        "for d in /dev/mem /dev/kmsg /dev/kvm /dev/vda /dev/sda /dev/port /dev/fuse /dev/loop-control; do "
        "head -c1 $d 2>/dev/null && echo BREACHED; done"
    ),
    "mount the machine's disk": "mknod /tmp/d2 b $DISK; mkdir -p /tmp/m; mount -t ext4 /tmp/d2 /tmp/m && echo BREACHED",
    "attach a loop device": "dd if=/dev/zero of=/tmp/img bs=64k count=1; losetup -f /tmp/img && echo BREACHED",
    "read kernel memory": "head -c 16 /proc/kcore && echo BREACHED",
    "read kernel addresses": "grep -v '^0000000000000000' /proc/kallsyms | head -1 | grep . && echo BREACHED",
    "read the kernel log": "dmesg | head -1 | grep . && echo BREACHED",
    "change the shared image below a layer": (
        'for d in $BOX/var/lib/docker/overlay2/*/diff; do touch $d/breach 2>/dev/null && grep -q " $d " /proc/mounts '
        "&& echo BREACHED; done"
    ),
    "remount the shared layer writable": (
        "for d in $BOX/var/lib/docker/overlay2/*/diff; do mount -o remount,rw,bind $d && echo BREACHED; done"
    ),
    "bind the shared layer elsewhere and remount that": (
        'mkdir -p /tmp/m; for d in $BOX/var/lib/docker/overlay2/*/diff; do grep -q " $d " /proc/mounts || continue; '
        "mount --bind $d /tmp/m && mount -o remount,rw,bind /tmp/m && touch /tmp/m/breach && echo BREACHED; "
        "umount /tmp/m; done"
    ),
    # kernel file systems
    "mount debugfs": _mount("debugfs"),
    "mount tracefs": _mount("tracefs"),
    "mount securityfs": _mount("securityfs"),
    "mount configfs": _mount("configfs"),
    "mount pstore": _mount("pstore"),
    "mount devtmpfs": _mount("devtmpfs"),
    "mount bpf and load into it": "mkdir -p /tmp/m; mount -t bpf none /tmp/m && ls /tmp/m/*.debug && echo BREACHED",
    "mount 9p": _mount("9p", "host", "-o trans=virtio"),
    # knobs of the machine
    "set core_pattern": _write("/proc/sys/kernel/core_pattern", "|/tmp/x"),
    "set the module helper": _write("/proc/sys/kernel/modprobe", "/tmp/x"),
    "set the uevent helper": _write("/sys/kernel/uevent_helper", "/tmp/x"),
    "press sysrq": _write("/proc/sysrq-trigger", "h"),
    "set kernel.sysrq": _write("/proc/sys/kernel/sysrq", "1"),
    "set kernel.panic": _write("/proc/sys/kernel/panic", "1"),
    "set kernel.dmesg_restrict": _write("/proc/sys/kernel/dmesg_restrict", "0"),
    "set vm.overcommit_memory": _write("/proc/sys/vm/overcommit_memory", "1"),
    "drop the machine's caches": _write("/proc/sys/vm/drop_caches", "1"),
    "set fs.file-max": _write("/proc/sys/fs/file-max", "100"),
    "set the connection table's size": _write("/proc/sys/net/netfilter/nf_conntrack_max", "7"),
    "register a program format for the machine": (
        "mount -t binfmt_misc none /proc/sys/fs/binfmt_misc; "
        "echo ':nqbreach:M::NQ::/bin/sh:' >/proc/sys/fs/binfmt_misc/register; exit 0"
    ),
    "move an interrupt": "for f in /proc/irq/*/smp_affinity; do echo 1 >$f && echo BREACHED; done",
    "put a processor off line": "for f in /sys/devices/system/cpu/cpu*/online; do echo 0 >$f && echo BREACHED; done",
    "suspend the machine": _write("/sys/power/state", "freeze"),
    "change a module's parameter": (
        "for f in $(find /sys/module/*/parameters -perm -u+w | head -50); do cat $f >$f && echo BREACHED; done"
    ),
    "set the clock": "date -s '2001-01-01' && echo BREACHED",
    "load a module": "chroot ${BOX:-/} modprobe -v loop 2>/dev/null && grep -q '^loop' /proc/modules && echo BREACHED",
    # limits and groups
    "lift the memory limit": (
        "for f in memory/memory.limit_in_bytes memory/memory.memsw.limit_in_bytes memory.max; do "
        "f=$BOX/sys/fs/cgroup/$f; test -e $f && echo 9000000000 >$f && echo BREACHED; done"
    ),
    "lift the process limit": (
        "for f in $BOX/sys/fs/cgroup/pids/pids.max $BOX/sys/fs/cgroup/pids.max; do test -e $f && echo max >$f && echo BREACHED; done"
    ),
    "lift the processor limit": (
        "for f in $BOX/sys/fs/cgroup/cpu/cpu.cfs_quota_us $BOX/sys/fs/cgroup/cpu.max; do test -e $f && echo -1 >$f && echo BREACHED; "
        "done"
    ),
    "allow all devices": "echo a >$BOX/sys/fs/cgroup/devices/devices.allow && echo BREACHED",
    "run a program outside when a group empties": (
        "mkdir -p /tmp/g; mount -t cgroup -o memory cgroup /tmp/g; for d in /tmp/g /sys/fs/cgroup/memory "
        "$BOX/sys/fs/cgroup/memory; do echo /tmp/x >$d/release_agent && echo BREACHED; echo 1 >$d/notify_on_release; done"
    ),
    "leave the box's group": (
        "mkdir -p /tmp/g; mount -t cgroup -o pids cgroup /tmp/g; "
        "for f in $(find /tmp/g $BOX/sys/fs/cgroup /sys/fs/cgroup -name cgroup.procs -o -name tasks); do echo $$ >$f; done; "
        "grep -F /.. /proc/self/cgroup && echo BREACHED"
    ),
    "take a better priority": "nice -n -5 true 2>&1 | grep -q denied || { test $(nice -n -5 nice) -lt 0 && echo BREACHED; }",
    "take real-time priority": "chrt -f 50 true && echo BREACHED",
    "escape the out-of-memory killer": "echo -900 >/proc/self/oom_score_adj && echo BREACHED",
    "raise a hard limit": "ulimit -H -n 99999999 && echo BREACHED",
    # processes and namespaces of the machine
    "see the machine's processes": "cat /proc/[0-9]*/environ /proc/[0-9]*/cmdline | grep -aq 'NETQUARIUM_[R]UN=' && echo BREACHED",
    "enter the machine's network": (
        'test "$(nsenter -t 1 -n ip -o link | wc -l)" -gt 0 || exit 3; '
        'nsenter -t 1 -n ip -o address | grep -F -w "$FIRST_ADDRESS" && echo BREACHED'
    ),
    "enter the machine's mounts": 'nsenter -t 1 -m cat "$SECRET_FILE" && echo BREACHED',
    "become the machine's root by a new user namespace": (
        'unshare -U -r -m sh -c "grep -s $SECRET $SECRET_FILE" && echo BREACHED'
    ),
    "map a foreign id": (
        "unshare -U sh -c 'echo $$ >/tmp/pid; sleep 1' & sleep 0.3; echo '0 4000000000 1' >/proc/$(cat /tmp/pid)/uid_map "
        "&& echo BREACHED; wait"
    ),
    # networks of the machine
    "call the machine's addresses": (
        "for a in $ADDRESSES 127.0.0.1 10.77.0.1 172.17.0.1; do curl -s -m 2 http://$a:$PORT/ && echo BREACHED; done"
    ),
    "ping the machine's addresses": "for a in $ADDRESSES; do ping -c1 -W1 $a && echo BREACHED; done",
    "call a unix socket of the machine": (
        'for s in "$MACHINE_SOCKET" "$BOX$MACHINE_SOCKET"; do curl -s -m 2 --unix-socket "$s" http://x/ && echo BREACHED; done'
    ),
    "call an abstract socket of the machine": (
        'curl -s -m 2 --abstract-unix-socket "$ABSTRACT_SOCKET" http://x/ && echo BREACHED'
    ),
    "give an interface to the machine": (
        "ip link add name nqx0 type veth peer name nqx1; ip link set nqx1 netns 1 || exit 0; "
        "ip -o link show nqx1 | grep -q nqx1 || echo BREACHED"
    ),
    # the engine, asked for more than it has
    "bind the machine's root by a volume": (
        "docker -H unix://$BOX/run/docker.sock volume create -d local -o type=none -o o=bind -o device=/ all; "
        'docker -H unix://$BOX/run/docker.sock run --rm -v all:/all netquarium/tools:1 grep -s "$SECRET" "/all$SECRET_FILE" '
        "&& echo BREACHED"
    ),
    "start a container below the machine's group": (
        "docker -H unix://$BOX/run/docker.sock run --rm --cgroup-parent ../../../ --privileged netquarium/tools:1 "
        "sh -c 'echo -1 >/sys/fs/cgroup/memory/memory.limit_in_bytes; cat /proc/self/cgroup'; exit 0"
    ),
}
"""What each is about, to its script. Some end by `exit 0`: they work inside, and the machine is then looked at."""
