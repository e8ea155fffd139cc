"""YAML in, a tree with places or one located problem out."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labs.specs.document import MAX_FILE_BYTES, parse
from labs.specs.node import ListNode, MapNode, Node, ScalarNode
from labs.specs.problem import Code, Place, Report

_BOMB = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{chr(98 + n)}: &{chr(98 + n)} [{', '.join([f'*{chr(97 + n)}'] * 9)}]\n" for n in range(9)
)
_TALL = (
    "a: &a ["
    + "[" * 18
    + "]" * 18
    + "]\n"
    + "".join(f"{chr(98 + n)}: &{chr(98 + n)} [{'[' * 18}*{chr(97 + n)}{']' * 18}]\n" for n in range(20))
)


def tree(text: str) -> Node:
    report = Report()
    root = parse("f.yml", text.encode(), report)
    assert root is not None, report.problems()
    return root


def plain(node: Node) -> object:
    """The tree as Python values."""
    if isinstance(node, MapNode):
        return {entry.key.text: plain(entry.value) for entry in node}
    return [plain(item) for item in node] if isinstance(node, ListNode) else node.value


@pytest.mark.parametrize(
    ("content", "code", "line", "column"),
    [
        (b"", Code.EMPTY, 1, 1),
        (b"# only a remark\n", Code.EMPTY, 1, 1),
        (b"~\n", Code.EMPTY, 1, 1),
        (b"a: 1\nb: \xff\n", Code.NOT_TEXT, 2, 4),
        ("a: ä".encode("utf-16"), Code.NOT_TEXT, 1, 1),
        ("title: Größe".encode("latin-1"), Code.NOT_TEXT, 1, 10),
        (b"a: 1\nb: x\x00y\n", Code.NOT_TEXT, 2, 5),
        (b'a: "\\0"\n', Code.NOT_TEXT, 1, 4),
        (b'a: "\\uD800"\n', Code.NOT_TEXT, 1, 4),
        (b'a: "\\UFFFFFFFF"\n', Code.YAML_SYNTAX, 1, 1),
        (b"a:\n\tb: 1\n", Code.YAML_TAB, 2, 1),
        (b"a:\n  b: 1\n \tc: 1\n", Code.YAML_TAB, 3, 2),
        (b"a: [1, 2\nb: 3\n", Code.YAML_SYNTAX, 2, 2),
        (b"a: 'open\n", Code.YAML_SYNTAX, 2, 1),
        (b"a: 1\n b: 2\n", Code.YAML_SYNTAX, 2, 3),
        (b"a: @x\n", Code.YAML_SYNTAX, 1, 4),
        (b"a: 1\nb: 2\na: 3\n", Code.YAML_DUPLICATE_KEY, 3, 1),
        (b"a: {x: 1, 'x': 2}\n", Code.YAML_DUPLICATE_KEY, 1, 11),
        (b"a: 1\n---\nb: 2\n", Code.YAML_DOCUMENTS, 2, 1),
        (b"? [a, b]\n: 1\n", Code.YAML_KEY, 1, 3),
        (b"a: *gone\n", Code.YAML_ALIAS, 1, 4),
        (b"a: &a\n  b: *a\n", Code.YAML_ALIAS, 2, 6),
        (b"a: &a 1\n<<: *a\n", Code.YAML_ALIAS, 2, 5),
        (b"a: !!python/object/apply:os.system [id]\n", Code.YAML_TAG, 1, 4),
        (b"a: !!binary aGk=\n", Code.YAML_TAG, 1, 4),
        (b"a: !reset null\n", Code.YAML_TAG, 1, 4),
        (b"a: " + b"[" * 5_000, Code.YAML_DEPTH, 1, 27),
        (_BOMB.encode(), Code.YAML_SIZE, 5, 12),
        (_TALL.encode(), Code.YAML_DEPTH, 2, 26),
        (b"- x\n" * 30_000, Code.YAML_SIZE, 20_001, 3),
        (b"x" * (MAX_FILE_BYTES + 1), Code.FILE_TOO_LARGE, 1, 1),
    ],
)
def test_each_fault_is_one_located_problem(content: bytes, code: Code, line: int, column: int) -> None:
    report = Report()
    assert parse("f.yml", content, report) is None
    assert [(problem.code, problem.place) for problem in report.problems()] == [(code, Place("f.yml", line, column))]


def test_ten_megabytes_are_refused_by_size_alone() -> None:
    report, content = Report(), b"[" * 10_000_000
    before = time.process_time()
    assert parse("f.yml", content, report) is None
    assert time.process_time() - before < 0.1
    assert report.problems()[0].code is Code.FILE_TOO_LARGE


def test_keys_and_values_know_their_places() -> None:
    root = tree("a:\n  b: [x,  y]\n")
    assert isinstance(root, MapNode)
    inner = root.entries[0].value
    assert isinstance(inner, MapNode)
    assert inner.entries[0].key.place == Place("f.yml", 2, 3)
    listed = inner.entries[0].value
    assert isinstance(listed, ListNode)
    assert [item.place for item in listed] == [Place("f.yml", 2, 7), Place("f.yml", 2, 11)]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("22:22", "22:22"),
        ("yes", "yes"),
        ("no", "no"),
        ("true", True),
        ("'true'", "true"),
        ("!!str 5", "5"),
        ("!!int '5'", 5),
        ("5", 5),
        ("-5", -5),
        ("0x10", 16),
        ("010", 8),
        ("0o17", 15),
        ("1.50", 1.5),
        ("1e3", 1000.0),
        ("-.inf", float("-inf")),
        ("~", None),
        ("9" * 1000, "9" * 1000),
        ("2024-01-01", "2024-01-01"),
        ("02:42:0a:00:00:05", "02:42:0a:00:00:05"),
        ("|\n 5\n", "5\n"),
    ],
)
def test_scalars_follow_the_core_schema(text: str, value: object) -> None:
    assert plain(tree(f"a: {text}")) == {"a": value}


def test_merge_keys_fold_in_with_own_keys_winning() -> None:
    text = "one: &one {a: 1, b: 1}\ntwo: &two {b: 2, c: 2}\nall:\n  <<: [*one, *two]\n  c: 3\n"
    assert plain(tree(text)) == {"one": {"a": 1, "b": 1}, "two": {"b": 2, "c": 2}, "all": {"a": 1, "b": 1, "c": 3}}


def test_a_byte_order_mark_and_windows_line_ends_are_accepted() -> None:
    assert plain(tree("\ufeffa: 1\r\nb: 2\r\n")) == {"a": 1, "b": 2}


@given(st.binary(max_size=300))
@settings(deadline=None)
def test_any_bytes_give_a_tree_or_a_problem(content: bytes) -> None:
    report = Report()
    assert (parse("f.yml", content, report) is None) is bool(report.problems())


_YAMLISH = st.text(alphabet="ab:- \n\t[]{}'\"\\&*!|>#%?,0x~<@`\u2028é", max_size=200)


@given(_YAMLISH)
@settings(deadline=None)
def test_any_yaml_like_text_gives_a_tree_or_a_problem(text: str) -> None:
    report = Report()
    root = parse("f.yml", text.encode(), report)
    assert (root is None) is bool(report.problems())
    assert root is None or isinstance(root, (ScalarNode, ListNode, MapNode))
