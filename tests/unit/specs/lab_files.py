"""Lab files to read in tests, and claims about what is found wrong with them.

A text may hold one mark, `«`: the place where a problem is expected. The mark is taken out before the text is read.
"""

from __future__ import annotations

from textwrap import dedent

from labs.specs import Code, Container, Features, KernelFeature, Lab, Network, Place, Problem, Reading, Severity, read

IMAGES = frozenset({"netquarium/tools:1", "netquarium/web:1", "netquarium/pause:1"})
ONE_HOST = "title: Drill\nhosts: [alpha]\n"
TWO_HOSTS = "title: Drill\nhosts: [alpha, beta]\n"
MARK = "«"


def reading_of(compose: str, *, lab: str = TWO_HOSTS, missing: frozenset[KernelFeature] = frozenset()) -> Reading:
    files = {"lab.yml": _plain(lab), "compose.yaml": _plain(compose)}
    return read(files, slug="drill", images=IMAGES, features=Features(missing))


def lab_of(compose: str, *, lab: str = TWO_HOSTS) -> Lab:
    """Read files that hold no problem at all."""
    reading = reading_of(compose, lab=lab)
    assert reading.lab is not None, "\n".join(map(str, reading.problems))
    assert not reading.problems, "\n".join(map(str, reading.problems))
    return reading.lab


def container_of(service: str, **others: str) -> Container:
    """Read one service, written as a flow mapping without its image, and return its container."""
    lab = lab_of(services(web=service, **others))
    return next(container for container in lab.containers if container.service == "web")


def network_of(network: str) -> Network:
    """Read one network, written as a flow mapping, that one service joins."""
    return lab_of(services(web="networks: [net]") + f"networks:\n  net: {{{network}}}\n").networks[0]


def services(**written: str) -> str:
    """Write services, each given as the inside of a flow mapping; those without an image get one."""
    lines = [
        f"  {name.replace('_', '-')}: {{{inside if 'image:' in inside else _with_image(inside)}}}\n"
        for name, inside in written.items()
    ]
    return "services:\n" + "".join(lines)


def networks(**written: str) -> str:
    """Write networks, each given as the inside of a flow mapping."""
    return "networks:\n" + "".join(f"  {name}: {{{inside}}}\n" for name, inside in written.items())


def subnet(text: str, rest: str = "") -> str:
    """Write `ipam` with one subnet."""
    return f"ipam: {{config: [{{subnet: {text}{', ' + rest if rest else ''}}}]}}"


def on(host: str) -> str:
    """Write the constraint that places a service on a host."""
    return f"deploy: {{placement: {{constraints: [node.hostname == {host}]}}}}"


def assert_problem(
    code: Code, compose: str, *, lab: str = TWO_HOSTS, missing: frozenset[KernelFeature] = frozenset()
) -> Problem:
    """Claim that reading finds an error of this code at the mark, with a remedy, and no error elsewhere."""
    return _assert_problem(code, Severity.ERROR, compose, lab, missing)


def assert_warning(code: Code, compose: str, *, lab: str = TWO_HOSTS) -> Problem:
    """Claim that reading finds a warning of this code at the mark, with a remedy, and nothing else."""
    return _assert_problem(code, Severity.WARNING, compose, lab, frozenset())


def _assert_problem(
    code: Code, severity: Severity, compose: str, lab: str, missing: frozenset[KernelFeature]
) -> Problem:
    reading = reading_of(compose, lab=lab, missing=missing)
    said = "\n".join(f"{problem.code}: {problem}" for problem in reading.problems) or "no problem"
    found = [problem for problem in reading.problems if problem.severity is severity]
    assert [problem.code for problem in found] == [code], said
    assert found[0].place == _marked(lab, compose), said
    assert (reading.lab is None) is (severity is Severity.ERROR)
    return found[0]


def _marked(lab: str, compose: str) -> Place:
    for file, text in (("lab.yml", lab), ("compose.yaml", compose)):
        before, mark, _ = dedent(text).partition(MARK)
        if mark:
            return Place(file, before.count("\n") + 1, len(before) - before.rfind("\n"))
    raise AssertionError("the test marks no place")


def _plain(text: str) -> bytes:
    return dedent(text).replace(MARK, "").encode()


def _with_image(inside: str) -> str:
    return f"image: netquarium/tools:1, {inside}" if inside else "image: netquarium/tools:1"
