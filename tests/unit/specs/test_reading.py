"""The whole way: what `read`, `load` and `catalog` promise, whatever the files hold."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from labs.specs import CATALOG, Code, LabInvalid, Reading, Severity, catalog, load, read, read_folder
from labs.specs.network import NETWORK_KEYS
from labs.specs.problem import MAX_PROBLEMS
from labs.specs.service_keys import SERVICE_KEYS

from .lab_files import IMAGES, ONE_HOST, services

LABS = [
    {path.name: path.read_bytes() for path in (folder / "lab.yml", folder / "compose.yaml")}
    for folder in sorted(CATALOG.iterdir())
    if (folder / "compose.yaml").is_file()
]


def assert_sound(reading: Reading) -> None:
    """Claim what holds for every reading."""
    failed = any(problem.severity is Severity.ERROR for problem in reading.problems)
    assert (reading.lab is None) is failed
    assert len(reading.problems) <= MAX_PROBLEMS + 1
    for problem in reading.problems:
        assert problem.line >= 1
        assert problem.column >= 1
        assert problem.message.isprintable()
        assert len(problem.message) <= 320
        assert problem.found is None or problem.found.isprintable()
        str(problem).encode()


@given(lab=st.binary(max_size=200), compose=st.binary(max_size=200))
@settings(deadline=None)
def test_any_bytes_are_answered_with_problems(lab: bytes, compose: bytes) -> None:
    assert_sound(read({"lab.yml": lab, "compose.yaml": compose}, images=IMAGES))


_YAML = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=12,
)


def _flow(value: object) -> str:
    """Write a value as YAML in flow style."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_flow(key)}: {_flow(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_flow, value)) + "]"
    if isinstance(value, str):
        return '"' + "".join(f"\\U{ord(character):08x}" for character in value) + '"'
    return (
        {None: "null", True: "true", False: "false"}.get(value, str(value))
        if value is None or isinstance(value, bool)
        else str(value)
    )


_SERVICE_KEYS = st.sampled_from(sorted(SERVICE_KEYS.keys))
_NETWORK_KEYS = st.sampled_from(sorted(NETWORK_KEYS.keys))


@given(
    service=st.dictionaries(_SERVICE_KEYS, _YAML, max_size=5), network=st.dictionaries(_NETWORK_KEYS, _YAML, max_size=5)
)
@settings(max_examples=200, deadline=None)
def test_any_value_under_any_key_is_answered(service: dict[str, object], network: dict[str, object]) -> None:
    compose = (
        f"services: {{web: {_flow(service)}, db: {{image: x, networks: [n]}}}}\nnetworks: {{n: {_flow(network)}}}\n"
    )
    assert_sound(read({"lab.yml": ONE_HOST.encode(), "compose.yaml": compose.encode()}, images=IMAGES))


@given(data=st.data())
@settings(max_examples=200, deadline=None)
def test_any_mutation_of_a_valid_lab_is_answered(data: st.DataObject) -> None:
    files = dict(data.draw(st.sampled_from(LABS)))
    name = data.draw(st.sampled_from(sorted(files)))
    content = files[name]
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(content)))
        end = data.draw(st.integers(start, min(len(content), start + 12)))
        piece = data.draw(
            st.binary(max_size=6)
            | st.sampled_from([b"\n", b"  ", b": ", b"- ", b"[", b"{", b"*a", b"&a ", b"${", b"/0"])
        )
        content = content[:start] + piece + content[end:]
    assert_sound(read({**files, name: content}, images=IMAGES))


@given(files=st.dictionaries(st.text(max_size=12), st.binary(max_size=20), max_size=4))
@example({})
@example({"lab.yml": b"title: T"})
@settings(deadline=None)
def test_any_set_of_files_is_answered(files: dict[str, bytes]) -> None:
    assert_sound(read(files))


def test_missing_files_are_named() -> None:
    problems = read({}).problems
    assert [(problem.code, problem.file) for problem in problems] == [
        (Code.FILE_MISSING, "compose.yaml"),
        (Code.FILE_MISSING, "lab.yml"),
    ]


def test_problems_of_both_files_come_together() -> None:
    reading = read({"lab.yml": b"titel: T\n", "compose.yaml": b"servces: {}\n"})
    assert [problem.file for problem in reading.problems] == ["compose.yaml", "lab.yml"]


def test_the_file_compose_would_prefer_is_read_and_the_other_reported() -> None:
    good, lab = services(web="").encode(), ONE_HOST.encode()
    assert read({"lab.yml": lab, "docker-compose.yml": good}).lab is not None
    both = read({"lab.yml": lab, "compose.yaml": good, "docker-compose.yml": b"["})
    assert both.lab is not None
    assert [problem.code for problem in both.problems] == [Code.FILE_UNUSED]


def test_files_compose_would_read_beside_are_reported(tmp_path: Path) -> None:
    folder = tmp_path / "drill"
    folder.mkdir()
    (folder / "lab.yml").write_text(ONE_HOST)
    for name, text in (("compose.yaml", services(web="")), ("compose.override.yaml", "{}"), (".env", "A=1")):
        (folder / name).write_text(text)
    assert load(folder, images=IMAGES).slug == "drill"
    reading = read_folder(folder, images=IMAGES)
    assert [(problem.code, problem.file) for problem in reading.problems] == [
        (Code.FILE_UNUSED, ".env"),
        (Code.FILE_UNUSED, "compose.override.yaml"),
    ]


def test_a_misspelt_file_is_reported() -> None:
    problems = read({"lab.yaml": ONE_HOST.encode(), "compose.yaml": services(web="").encode()}).problems
    assert [(problem.code, problem.file) for problem in problems] == [
        (Code.FILE_UNUSED, "lab.yaml"),
        (Code.FILE_MISSING, "lab.yml"),
    ]
    assert problems[0].remedy == "Did you mean 'lab.yml'?"


def test_the_lesson_comes_with_the_lab() -> None:
    files = {"lab.yml": ONE_HOST.encode(), "compose.yaml": services(web="").encode(), "lesson.md": "# Ä".encode()}
    lab = read(files).lab
    assert lab is not None
    assert lab.lesson == "# Ä"
    assert read({**files, "lesson.md": b"\xff"}).problems[0].code is Code.NOT_TEXT


@pytest.mark.parametrize(
    "compose",
    [
        "services:\n" + "".join(f"  s{n}: {{imag: x, depends_on: [s{n + 1}, t{n}]}}\n" for n in range(3000)),
        "services:\n  a: &a {"
        + ", ".join(f"netwrk{n}: 1" for n in range(90))
        + "}\n"
        + "".join(f"  b{n}: *a\n" for n in range(190)),
        services(web="ports: [" + ", ".join(["'1-65535:1-65535'"] * 900) + "]"),
        services(**{f"w{n}": "scale: 100, ports: ['1-65535:80']" for n in range(200)}),
        "services: {web: {image: x, networks: [n]}}\nnetworks:\n"
        + "".join(f"  n{n}: {{ipam: {{config: [{{subnet: 10.0.0.0/8}}]}}}}\n" for n in range(3000)),
        services(web="environment: {A: '" + "${A:-" * 20_000 + "}" * 20_000 + "'}"),
        services(web="command: '" + "a " * 100_000 + "'"),
        services(web="mem_limit: '" + "9" * 200_000 + "'"),
        services(web="dns_search: '" + "a." * 100_000 + "'"),
    ],
    ids=["services", "unknown keys", "port ranges", "replicas", "networks", "variables", "words", "digits", "text"],
)
def test_a_file_made_to_be_slow_is_answered_soon(compose: str) -> None:
    before = time.process_time()
    assert_sound(read({"lab.yml": ONE_HOST.encode(), "compose.yaml": compose.encode()}, images=IMAGES))
    assert time.process_time() - before < 4


def test_load_raises_every_problem(tmp_path: Path) -> None:
    folder = tmp_path / "broken"
    folder.mkdir()
    (folder / "lab.yml").write_text("titel: T\n")
    (folder / "compose.yaml").write_text("services: {web: {image: 'netquarium/tool:1'}}\n")
    with pytest.raises(LabInvalid) as raised:
        load(folder, images=IMAGES)
    assert [problem.code for problem in raised.value.problems] == [Code.UNKNOWN_IMAGE, Code.UNKNOWN_KEY]
    assert "compose.yaml:1:25" in raised.value.reason
    assert raised.value.code == "lab_invalid"


def test_load_refuses_what_is_no_folder_or_no_plain_file(tmp_path: Path) -> None:
    with pytest.raises(LabInvalid, match="no folder"):
        load(tmp_path / "gone", images=None)
    folder = tmp_path / "odd"
    folder.mkdir()
    (folder / "lab.yml").symlink_to("/dev/zero")
    with pytest.raises(LabInvalid, match="plain file"):
        load(folder, images=None)
    bad = tmp_path / "Bad_Name"
    bad.mkdir()
    with pytest.raises(LabInvalid, match="short name"):
        load(bad, images=None)


def test_a_huge_file_is_never_read_whole(tmp_path: Path) -> None:
    folder = tmp_path / "huge"
    folder.mkdir()
    with (folder / "lab.yml").open("wb") as file:
        file.truncate(1 << 40)
    with pytest.raises(LabInvalid) as raised:
        load(folder, images=None)
    assert [problem.code for problem in raised.value.problems] == [Code.FILE_MISSING, Code.FILE_TOO_LARGE]


def test_a_broken_lab_does_not_hide_the_catalogue(tmp_path: Path) -> None:
    for slug, title in (("good", "title: T"), ("broken", "titel: T")):
        (tmp_path / slug).mkdir()
        (tmp_path / slug / "lab.yml").write_text(title)
        (tmp_path / slug / "compose.yaml").write_text(services(web=""))
    (tmp_path / "_drafts").mkdir()
    (tmp_path / "README.md").write_text("no lab")
    entries = catalog(tmp_path, images=IMAGES)
    assert [(entry.slug, entry.lab is not None) for entry in entries] == [("broken", False), ("good", True)]
    assert entries[0].problems[0].code is Code.UNKNOWN_KEY
    assert catalog(tmp_path / "gone") == ()
