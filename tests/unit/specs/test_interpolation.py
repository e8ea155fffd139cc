"""Variables in a compose file, with none set: what `docker compose config` makes of them in a bare shell."""

from __future__ import annotations

import pytest

from labs.specs import Code

from .lab_files import assert_problem, assert_warning, container_of, reading_of, services


@pytest.mark.parametrize(
    ("written", "becomes"),
    [
        ("$$HOME", "$HOME"),
        ("$$$$", "$$"),
        ("${A:-default}", "default"),
        ("${A-default}", "default"),
        ("${A-}", ""),
        ("${A:-}", ""),
        ("${A:+set}", ""),
        ("${A+set}", ""),
        ("a${A:-b}c${D-e}", "abce"),
        ("${A:-${B:-inner}}", "inner"),
        ("${A:-$$}", "$"),
        ("${A:-{x}}", "{x}"),  # the first brace closes the variable, the second is text
    ],
)
def test_a_default_stands_in(written: str, becomes: str) -> None:
    assert container_of(f"environment: {{V: '{written}'}}").environment == {"V": becomes}


@pytest.mark.parametrize("written", ["$A", "${A}", "x$A-y"])
def test_an_unset_variable_is_empty_and_reported(written: str) -> None:
    compose = services(web=f"environment: {{V: «'{written}'}}")
    assert_warning(Code.VARIABLE_UNSET, compose)
    lab = reading_of(compose).lab
    assert lab is not None
    assert lab.containers[0].environment["V"] == written.replace("${A}", "").replace("$A", "")


@pytest.mark.parametrize(
    "written", ["${", "${}", "${A", "$", "a $ b", "${A b}", "${1}", "$-", "${A:?must be set}", "${A?}"]
)
def test_what_cannot_be_replaced_is_an_error(written: str) -> None:
    assert_problem(Code.INTERPOLATION, services(web=f"environment: {{V: «'{written}'}}"))


def test_numbers_come_out_of_defaults() -> None:
    assert container_of("mem_limit: '${MEMORY:-64m}', cpus: '${CPUS:-0.5}'").memory_bytes == 64 << 20


def test_keys_and_lab_yml_are_left_alone() -> None:
    assert container_of("labels: {$KEY: v}").labels == {"$KEY": "v"}


def test_deep_nesting_ends_in_a_problem() -> None:
    assert_problem(Code.INTERPOLATION, services(web=f"environment: {{V: «'{'${A:-' * 50}{'}' * 50}'}}"))
