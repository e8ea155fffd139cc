"""Settings: where they come from, and that a wrong one is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from labsite.setup import options
from labsite.setup.errors import SettingInvalid


def state(folder: Path, text: str | None = None) -> dict[str, str]:
    if text is not None:
        (folder / "settings.env").write_text(text, encoding="utf-8")
    return {"NETQUARIUM_STATE": str(folder)}


def test_defaults_listen_on_this_machine_alone(tmp_path: Path) -> None:
    assert options.load(state(tmp_path)).url == "http://127.0.0.1:8000/"


def test_a_file_in_the_state_folder_sets_what_the_environment_does_not(tmp_path: Path) -> None:
    text = "# ours\n\nNETQUARIUM_PORT=9000\nNETQUARIUM_WARM_HOSTS = 4\n"
    found = options.load({**state(tmp_path, text), "NETQUARIUM_PORT": "9001"})
    assert found.port == 9001
    assert found.environment()["NETQUARIUM_WARM_HOSTS"] == "4"


def test_a_mistake_in_the_file_is_named_with_its_line(tmp_path: Path) -> None:
    with pytest.raises(SettingInvalid, match=r"settings\.env line 2: .*NETQUARIUM_PROT=1"):
        options.load(state(tmp_path, "NETQUARIUM_PORT=9000\nNETQUARIUM_PROT=1\n"))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("NETQUARIUM_PORT", "http"),
        ("NETQUARIUM_PORT", "70000"),
        ("NETQUARIUM_LISTEN", "everywhere"),
        ("NETQUARIUM_CACHE", "here"),
        ("NETQUARIUM_RUN", "/" + "r" * 100),
    ],
)
def test_a_value_that_cannot_be_meant_is_refused_by_name(tmp_path: Path, name: str, value: str) -> None:
    with pytest.raises(SettingInvalid, match=name):
        options.load({**state(tmp_path), name: value})


def test_programs_do_not_inherit_the_callers_secrets(tmp_path: Path) -> None:
    found = options.load({**state(tmp_path), "AWS_SECRET_ACCESS_KEY": "x", "NETQUARIUM_TYPO": "y"})
    assert not {"AWS_SECRET_ACCESS_KEY", "NETQUARIUM_TYPO"} & set(found.environment())


@pytest.mark.parametrize(
    ("listen", "url"),
    [("0.0.0.0", "http://127.0.0.1:8000/"), ("::", "http://[::1]:8000/"), ("192.0.2.7", "http://192.0.2.7:8000/")],
)
def test_the_url_is_one_that_a_browser_here_can_open(tmp_path: Path, listen: str, url: str) -> None:
    assert options.load({**state(tmp_path), "NETQUARIUM_LISTEN": listen}).url == url
