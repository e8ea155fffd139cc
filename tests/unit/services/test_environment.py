"""Settings from the environment."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from labsite import environment


@pytest.mark.parametrize(("text", "value"), [("1", True), ("yes", True), ("0", False), ("off", False), ("", False)])
def test_flags_are_read(monkeypatch: pytest.MonkeyPatch, text: str, value: bool) -> None:
    monkeypatch.setenv("X", text)
    assert environment.flag("X") is value


@pytest.mark.parametrize("text", ["maybe", "2"])
def test_a_flag_that_is_none_stops_the_start(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("X", text)
    with pytest.raises(ImproperlyConfigured, match=f"X is '{text}'"):
        environment.flag("X")


@pytest.mark.parametrize("text", ["-1", "many", "0"])
def test_a_number_out_of_range_stops_the_start(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("X", text)
    with pytest.raises(ImproperlyConfigured, match="whole number from 1"):
        environment.number("X", 5, least=1)


def test_a_database_url_becomes_djangos_form() -> None:
    found = environment.database("postgresql://us%40er:p%2Fw@db.example:5433/netquarium?sslmode=require")
    assert found == {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": "netquarium",
        "USER": "us@er",
        "PASSWORD": "p/w",
        "HOST": "db.example",
        "PORT": "5433",
        "OPTIONS": {"sslmode": "require"},
    }
    assert environment.database("postgresql:///nq?host=/run/postgresql")["HOST"] == "/run/postgresql"


@pytest.mark.parametrize("url", ["mysql://x/y", "postgresql://host/"])
def test_a_database_url_that_cannot_be_used_stops_the_start(url: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="NETQUARIUM_DATABASE_URL"):
        environment.database(url)


def test_the_secret_key_is_made_once_for_owner_and_group(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NETQUARIUM_SECRET_KEY", raising=False)
    path = tmp_path / "secret.key"
    key = environment.secret_key(path)
    assert len(key) >= 50
    assert environment.secret_key(path) == key
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert [entry.name for entry in tmp_path.iterdir()] == ["secret.key"]
