"""Start a program that nobody need trust: its own view of the file system, the user `netquarium`, no capability.

    unshare --mount --propagation private -- python -m labsite.setup.confine [--listen ADDRESS --port N]
        [--show PATH]… [--write PATH]… -- command…

The new root is a tmpfs that holds the system's programs and libraries, the paths shown (read-only) and those writable,
all at their usual names. So a checkout under /root, which the user could not enter, can be served from, while nothing
else of /root, /var or /home exists for it. A socket is opened before the rights are dropped (any port can be had),
and its descriptor replaces `{socket}` in the command.

Source: pivot_root(2), proc(5) (hidepid, subset), setpriv(1).
"""

from __future__ import annotations

import argparse
import os
import socket
import subprocess
import sys
from pathlib import Path

from labsite.setup.options import USER

SYSTEM = ("/usr", "/etc", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32")
DEVICES = ("null", "zero", "full", "random", "urandom")


def _mount(*arguments: str) -> None:
    subprocess.run(["mount", *arguments], check=True)


def _show(root: Path, path: Path, *, writable: bool = False) -> None:
    """Bind a folder or file of the machine into the new root, at the same name."""
    place = root / path.relative_to("/")
    if path.is_dir():
        place.mkdir(mode=0o755, parents=True, exist_ok=True)
    else:
        place.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
        place.touch()
    _mount("--bind", str(path), str(place))
    options = "remount,bind,nosuid" + (",nodev" if path.parts[:2] != ("/", "dev") else "") + ("" if writable else ",ro")
    _mount("-o", options, str(place))


def build(root: Path, shown: list[Path], writable: list[Path]) -> None:
    """Fill the empty folder `root` with the program's view. The caller is in a mount namespace of its own."""
    _mount("-t", "tmpfs", "-o", "mode=755,size=1m,nosuid,nodev", "netquarium", str(root))
    for name in SYSTEM:
        path = Path(name)
        if path.is_symlink():
            (root / name[1:]).symlink_to(path.readlink())
        elif path.is_dir():
            _show(root, path)
    (root / "dev").mkdir()
    for name in DEVICES:
        _show(root, Path("/dev", name), writable=True)
    (root / "dev/fd").symlink_to("/proc/self/fd")
    (root / "proc").mkdir()
    _mount("-t", "proc", "-o", "nosuid,nodev,noexec,hidepid=invisible,subset=pid", "proc", str(root / "proc"))
    (root / "tmp").mkdir()
    _mount("-t", "tmpfs", "-o", "mode=1777,size=64m,nosuid,nodev,noexec", "tmpfs", str(root / "tmp"))
    for path, mode in sorted([(path, False) for path in shown] + [(path, True) for path in writable]):
        _show(root, path, writable=mode)
    _mount("-o", "remount,ro,mode=755,nosuid,nodev", str(root))


def enter(root: Path) -> None:
    """Make `root` the root and let go of the machine's."""
    os.chdir(root)
    subprocess.run(["pivot_root", ".", "."], check=True)
    subprocess.run(["umount", "--lazy", "."], check=True)
    os.chdir("/")


def listen(address: str, port: int) -> socket.socket:
    """Open the listening socket. Small writes go out at once on every accepted connection (tcp(7), TCP_NODELAY)."""
    listening = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    listening.bind((address, port))
    listening.listen(1024)
    listening.set_inheritable(True)
    return listening


def main() -> None:
    os.umask(0o022)  # the folders on the way to what is shown must be passable
    parser = argparse.ArgumentParser(prog="labsite.setup.confine")
    parser.add_argument("--root", type=Path, required=True)
    parser.add_argument("--listen")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--show", type=Path, action="append", default=[])
    parser.add_argument("--write", type=Path, action="append", default=[])
    parser.add_argument("command", nargs="+")
    arguments = parser.parse_args()
    command: list[str] = arguments.command
    if arguments.listen:
        opened = listen(arguments.listen, arguments.port)
        command = [word.replace("{socket}", str(opened.fileno())) for word in command]
        opened.detach()
    here = Path.cwd()
    arguments.root.mkdir(mode=0o700, parents=True, exist_ok=True)
    build(arguments.root, [path for path in arguments.show if path.exists()], arguments.write)
    enter(arguments.root)
    os.chdir(here)
    os.umask(0o007)
    limits = ["--no-new-privs", "--bounding-set=-all", "--inh-caps=-all", "--ambient-caps=-all", "--clear-groups"]
    sys.stdout.flush()
    os.execvp("setpriv", ["setpriv", f"--reuid={USER}", f"--regid={USER}", *limits, "--", *command])


if __name__ == "__main__":
    main()
