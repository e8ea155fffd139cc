"""The supervisor's configuration, read back as supervisord reads it."""

from __future__ import annotations

import configparser
import shlex
from pathlib import Path

from labsite.setup import options, programs


def configured(folder: Path, **more: str) -> configparser.ConfigParser:
    found = options.load({"NETQUARIUM_STATE": str(folder), **more})
    parser = configparser.ConfigParser(interpolation=configparser.BasicInterpolation())
    parser.read_string(programs.configuration(found))
    return parser


def test_every_program_is_started_again_when_it_ends(tmp_path: Path) -> None:
    parser = configured(tmp_path)
    sections = [name for name in parser.sections() if name.startswith("program:")]
    assert [name.removeprefix("program:") for name in sections] == ["redis", "observer", "worker", "beat", "web"]
    assert all(parser[name]["autorestart"] == "true" for name in sections)


def test_a_shared_redis_replaces_the_private_one(tmp_path: Path) -> None:
    assert "program:redis" not in configured(tmp_path, NETQUARIUM_REDIS_URL="redis://db.example/0")


def test_web_redis_and_beat_run_without_root(tmp_path: Path) -> None:
    parser = configured(tmp_path)
    for name in ("web", "beat"):
        assert "labsite.setup.confine" in shlex.split(parser[f"program:{name}"]["command"])
    assert "--reuid=netquarium" in shlex.split(parser["program:redis"]["command"])


def test_no_secret_is_written_down(tmp_path: Path) -> None:
    found = options.load({"NETQUARIUM_STATE": str(tmp_path), "NETQUARIUM_SECRET_KEY": "hush"})
    assert "hush" not in programs.configuration(found)
    assert found.environment()["NETQUARIUM_SECRET_KEY"] == "hush"


def test_a_percent_sign_in_a_path_survives(tmp_path: Path) -> None:
    folder = tmp_path / "50%"
    folder.mkdir()
    assert str(folder / "database") in shlex.split(configured(folder)["program:web"]["command"])
