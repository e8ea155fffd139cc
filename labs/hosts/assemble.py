"""Assemble one box and hand it to runc. A program of its own, run by `labs.hosts.box` as `python -I -S`.

It works in a private mount namespace: what it mounts exists there and in the box, never in the machine's, so nothing
can be left mounted. Reads one JSON object from standard input (see `Job` in box.py), prints the box's pid. Standard
library only, and few modules of it: half of its time is Python's start.

Sources: mount_setattr(2), open_tree (fsopen patches), user_namespaces(7), overlayfs.rst.
"""

# pathlib takes 8 ms to import, a third of this program's time:
# ruff: noqa: PTH101, PTH102, PTH115, PTH211

import ctypes
import json
import os
import stat
import struct
import sys

CLONE_NEWNS, CLONE_NEWUSER = 0x00020000, 0x10000000
MS_NOSUID, MS_REC, MS_PRIVATE = 0x2, 0x4000, 1 << 18
SYS_OPEN_TREE, SYS_MOVE_MOUNT, SYS_MOUNT_SETATTR = 428, 429, 442
OPEN_TREE_CLONE, OPEN_TREE_CLOEXEC, AT_FDCWD = 0x1, 0o2000000, -100
MOVE_MOUNT_F_EMPTY_PATH, AT_EMPTY_PATH = 0x4, 0x1000
MOUNT_ATTR_RDONLY, MOUNT_ATTR_IDMAP = 0x1, 0x100000
IDS = 65536
TUN = os.makedev(10, 200)

libc = ctypes.CDLL(None, use_errno=True)


def check(result: int, what: str) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")
    return result


def mount(source: str, target: str, kind: str, flags: int = 0, data: str = "") -> None:
    words = [text.encode() or None for text in (source, target, kind)]
    check(libc.mount(*words, ctypes.c_ulong(flags), data.encode() or None), f"mount {kind or 'flags'} on {target}")


def shifted_ids(base: int) -> int:
    """Return a descriptor of a user namespace that maps 0.. to base..; a mount takes its shift from it."""
    ready, parent_ready = os.pipe()
    finish, parent_finish = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(parent_finish)
        check(libc.unshare(CLONE_NEWUSER), "unshare user namespace")
        os.write(parent_ready, b".")
        os.read(finish, 1)
        os._exit(0)
    os.close(parent_ready)
    os.close(finish)
    if not os.read(ready, 1):
        raise OSError("this machine makes no user namespace")
    for name in ("uid_map", "gid_map"):
        with open(f"/proc/{child}/{name}", "w") as file:
            file.write(f"0 {base} {IDS}")
    namespace = os.open(f"/proc/{child}/ns/user", os.O_RDONLY)
    os.close(parent_finish)
    os.close(ready)
    os.waitpid(child, 0)
    return namespace


def bind_shifted(source: str, target: str, namespace: int) -> None:
    """Mount `source` read-only on `target` with its ids shifted as `namespace` says."""
    tree = check(
        libc.syscall(SYS_OPEN_TREE, AT_FDCWD, source.encode(), OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC),
        f"open_tree {source}",
    )
    attributes = struct.pack("QQQQ", MOUNT_ATTR_IDMAP | MOUNT_ATTR_RDONLY, 0, 0, namespace)
    check(
        libc.syscall(SYS_MOUNT_SETATTR, tree, b"", AT_EMPTY_PATH, attributes, len(attributes)),
        f"id-mapped mount of {source}",
    )
    check(
        libc.syscall(SYS_MOVE_MOUNT, tree, b"", AT_FDCWD, target.encode(), MOVE_MOUNT_F_EMPTY_PATH), f"mount {target}"
    )
    os.close(tree)


def make_folder(path: str, mode: int, owner: int) -> None:
    os.mkdir(path, mode)
    os.chown(path, owner, owner)


def copy_file(source: str, target: str) -> None:
    """Copy a small file's content. `shutil` would do, and takes as long to import as all that is done here."""
    with open(source, "rb") as file, open(target, "wb") as copy:
        copy.write(file.read())


def copy_shifted(source: str, target: str, base: int) -> None:
    """Copy a tree of a few small files, each id raised by `base`."""
    for entry in os.scandir(source):
        there = f"{target}/{entry.name}"
        facts = entry.stat(follow_symlinks=False)
        if entry.is_symlink():
            os.symlink(os.readlink(entry.path), there)
        elif entry.is_dir():
            os.mkdir(there)
            copy_shifted(entry.path, there, base)
        else:
            copy_file(entry.path, there)
        os.lchown(there, base + facts.st_uid, base + facts.st_gid)
        if not entry.is_symlink():
            os.chmod(there, stat.S_IMODE(facts.st_mode))


def fill_data(template: str, data: str, base: int, namespace: int) -> None:
    """Make an engine's data folder: the template's few kilobytes of records copied, its layers mounted."""
    make_folder(f"{data}/image", 0o700, base)
    copy_shifted(f"{template}/image", f"{data}/image", base)
    make_folder(f"{data}/overlay2", 0o710, base)
    for layer in os.scandir(f"{template}/overlay2"):
        there = f"{data}/overlay2/{layer.name}"
        make_folder(there, 0o710, base)
        if layer.name == "l":
            copy_shifted(layer.path, there, base)
            continue
        for entry in os.scandir(layer.path):
            if entry.name == "diff":
                make_folder(f"{there}/diff", 0o755, base)
                bind_shifted(entry.path, f"{there}/diff", namespace)
            elif entry.is_dir():
                make_folder(f"{there}/{entry.name}", 0o700, base)
            else:
                copy_file(entry.path, f"{there}/{entry.name}")
                os.chown(f"{there}/{entry.name}", base, base)


def assemble(job: dict) -> int:  # type: ignore[type-arg]  # read from JSON as it comes; box.py builds and types it
    """Mount the box's root and data, run it, return the pid of its PID 1 on this machine."""
    base, disk = job["uid_base"], job["disk"]
    root = f"{disk}/root"
    check(libc.unshare(CLONE_NEWNS), "unshare mount namespace")
    mount("", "/", "", MS_REC | MS_PRIVATE)
    namespace = shifted_ids(base)
    mount("tmpfs", disk, "tmpfs", 0, f"mode=711,size={job['disk_bytes']}")
    for name, owner in (("lower", 0), ("upper", base), ("work", base), ("root", 0), ("data", base)):
        make_folder(f"{disk}/{name}", 0o755 if name == "upper" else 0o711, owner)
    os.mknod(f"{disk}/tun", 0o666 | stat.S_IFCHR, TUN)
    os.chmod(f"{disk}/tun", 0o666)
    bind_shifted(job["rootfs"], f"{disk}/lower", namespace)
    mount("overlay", root, "overlay", 0, f"lowerdir={disk}/lower,upperdir={disk}/upper,workdir={disk}/work")
    if job["template"]:
        fill_data(job["template"], f"{disk}/data", base, namespace)
    for path, text in job["files"].items():
        with open(f"{root}{path}", "w") as file:
            file.write(text)
            os.fchown(file.fileno(), base, base)
    # The engine's words go to a file on the box's own disk: its quota bounds them too.
    words = os.open(f"{root}/var/log/engine.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o644)
    return run(job, job["folder"], words)


def run(job: dict, folder: str, words: int) -> int:  # type: ignore[type-arg]  # as above
    """Start runc in the background of the box; its own errors go to its log, the box's output to `words`."""
    pid_file = f"{folder}/pid"
    command = ["runc", "--root", job["runc_state"], "--log", f"{folder}/runc.log", "run", "--detach"]
    command += ["--preserve-fds", "1"] if job["socket"] is not None else []
    command += ["--pid-file", pid_file, "--bundle", folder, job["box"]]
    nothing = os.open("/dev/null", os.O_RDONLY | os.O_CLOEXEC)
    duplicates = [(os.POSIX_SPAWN_DUP2, nothing, 0), (os.POSIX_SPAWN_DUP2, words, 1), (os.POSIX_SPAWN_DUP2, words, 2)]
    if job["socket"] is not None:
        duplicates.append((os.POSIX_SPAWN_DUP2, job["socket"], 3))
    child = os.posix_spawnp("runc", command, os.environ, file_actions=duplicates)
    _, status = os.waitpid(child, 0)
    if status:
        with open(f"{folder}/runc.log") as log:
            raise OSError(f"runc ended with status {os.waitstatus_to_exitcode(status)}: {log.read()[-2000:]}")
    with open(pid_file) as file:
        return int(file.read())


if __name__ == "__main__":
    try:
        print(assemble(json.load(sys.stdin)))  # noqa: T201 - the answer
    except OSError as error:
        print(error.strerror or error, file=sys.stderr)  # noqa: T201
        sys.exit(1)
