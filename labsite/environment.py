"""Read settings from the environment; a value that cannot be understood stops the start with one sentence."""

from __future__ import annotations

import errno
import os
import secrets
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured


def flag(name: str, *, default: bool = False) -> bool:
    """Return a yes/no setting: 1, true, yes or on, and their opposites."""
    text = os.environ.get(name, "").strip().lower()
    if text == "":
        return default
    if text in {"1", "true", "yes", "on"}:
        return True
    if text in {"0", "false", "no", "off"}:
        return False
    raise ImproperlyConfigured(f"{name} is {text!r}; it takes 1 or 0.")


def number(name: str, default: int, *, least: int = 0) -> int:
    """Return a whole number of at least `least`."""
    text = os.environ.get(name, "").strip()
    if text == "":
        return default
    if not text.isdigit() or int(text) < least:
        raise ImproperlyConfigured(f"{name} is {text!r}; it takes a whole number from {least}.")
    return int(text)


def names(name: str, default: list[str]) -> list[str]:
    """Return a comma-separated list, empty entries left out."""
    text = os.environ.get(name, "")
    return [entry.strip() for entry in text.split(",") if entry.strip()] or default


def database(url: str) -> dict[str, object]:
    """Turn postgresql://user:password@host:port/name?option=value into Django's form.

    A Unix socket goes in the query: postgresql:///netquarium?host=/run/postgresql (libpq's own spelling).
    """
    parts = urlsplit(url)
    if parts.scheme not in {"postgresql", "postgres"}:
        raise ImproperlyConfigured(f"NETQUARIUM_DATABASE_URL starts with {parts.scheme!r}; it takes postgresql://…")
    options = dict(parse_qsl(parts.query))
    name = unquote(parts.path.lstrip("/"))
    if not name:
        raise ImproperlyConfigured("NETQUARIUM_DATABASE_URL names no database; it takes postgresql://…/name")
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": name,
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": options.pop("host", unquote(parts.hostname or "")),
        "PORT": str(parts.port or ""),
        "OPTIONS": options,
    }


def folder(path: Path) -> Path:
    """Return the folder, made if this process may; `./nq up` makes it for a process that may not."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        if error.errno not in {errno.EACCES, errno.EPERM, errno.ENOENT, errno.EROFS}:
            raise
    return path


def secret_key(path: Path) -> str:
    """Return the key kept in `path`, made on first use: mode 0640, group of its folder (the web process's group).

    Two processes may start at once: the key is written aside and linked into place, so the first one wins whole.
    """
    if given := os.environ.get("NETQUARIUM_SECRET_KEY"):
        return given
    try:
        return path.read_text().strip()
    except FileNotFoundError:
        pass
    except PermissionError as error:
        raise ImproperlyConfigured(f"{path} cannot be read by this user: {error.strerror}.") from error
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_urlsafe(50))
            if os.geteuid() == 0:
                os.fchown(file.fileno(), -1, path.parent.stat().st_gid)
            os.fchmod(file.fileno(), 0o640)
        try:
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    except OSError as error:
        raise ImproperlyConfigured(
            f"{path} does not exist and cannot be made ({error.strerror}): run ./nq up, or set NETQUARIUM_STATE."
        ) from error
    return path.read_text().strip()
