"""Services: each key in the forms Compose has for it."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address

import pytest

from labs.specs import Attachment, Code, Condition, Dependency, Healthcheck, Mode, ModeKind
from labs.specs.network import NETWORK_KEYS
from labs.specs.section import Treatment, Vocabulary
from labs.specs.service_keys import DEPLOY_KEYS, SERVICE_KEYS

from .lab_files import (
    assert_problem,
    assert_warning,
    container_of,
    lab_of,
    networks,
    on,
    reading_of,
    services,
    subnet,
)


@pytest.mark.parametrize(
    ("written", "attribute", "value"),
    [
        ("command: sleep 60", "command", ("sleep", "60")),
        ("command: sh -c 'echo a b'", "command", ("sh", "-c", "echo a b")),
        ("command: [sh, -c, 'echo a b']", "command", ("sh", "-c", "echo a b")),
        ("command: []", "command", None),
        ("command: ", "command", None),
        ("entrypoint: catatonit --", "entrypoint", ("catatonit", "--")),
        ("entrypoint: []", "entrypoint", ("",)),
        ("entrypoint: ''", "entrypoint", ("",)),
        (
            "environment: {A: 1, B: true, C: 1.50, D: '', E: x}",
            "environment",
            {"A": "1", "B": "true", "C": "1.5", "D": "", "E": "x"},
        ),
        ("environment: [A=1, B=, C=a=b]", "environment", {"A": "1", "B": "", "C": "a=b"}),
        ("labels: {a.b: 1}", "labels", {"a.b": "1"}),
        ("labels: [a.b=1, c]", "labels", {"a.b": "1", "c": ""}),
        ("hostname: web.example", "hostname", "web.example"),
        ("dns: 10.1.1.1", "dns", (IPv4Address("10.1.1.1"),)),
        ("dns: [10.1.1.1, 'fd00::1']", "dns", (IPv4Address("10.1.1.1"), IPv6Address("fd00::1"))),
        ("dns_search: example", "dns_search", ("example",)),
        ("dns_search: [a.example, b.example]", "dns_search", ("a.example", "b.example")),
        ("dns_opt: ['ndots:2']", "dns_options", ("ndots:2",)),
        ("extra_hosts: ['a:10.1.1.1', 'b=10.1.1.2']", "hosts_entries", {"a": "10.1.1.1", "b": "10.1.1.2"}),
        ("extra_hosts: {a: 10.1.1.1, g: host-gateway}", "hosts_entries", {"a": "10.1.1.1", "g": "host-gateway"}),
        ("extra_hosts: ['a:::1', 'b=[fd00::1]']", "hosts_entries", {"a": "::1", "b": "fd00::1"}),
        ("sysctls: {net.ipv4.ip_forward: 1}", "sysctls", {"net.ipv4.ip_forward": "1"}),
        ("sysctls: [net.ipv4.ip_forward=1]", "sysctls", {"net.ipv4.ip_forward": "1"}),
        ("cap_add: [NET_ADMIN, CAP_SYS_PTRACE, net_admin]", "cap_add", ("NET_ADMIN", "SYS_PTRACE")),
        ("cap_drop: [ALL]", "cap_drop", ("ALL",)),
        ("restart: always", "restart", "always"),
        ("restart: 'no'", "restart", "no"),
        ("restart: no", "restart", "no"),
        ("restart: on-failure:3", "restart", "on-failure:3"),
        ("init: true", "init", True),
        ("init: yes", "init", True),
        ("tty: true", "tty", True),
        ("stdin_open: true", "stdin_open", True),
        ("user: 1000", "user", "1000"),
        ("user: 'root:root'", "user", "root:root"),
        ("working_dir: /tmp", "working_dir", "/tmp"),
        ("stop_grace_period: 1m30s", "stop_grace_s", 90.0),
        ("mem_limit: 64m", "memory_bytes", 64 << 20),
        ("mem_limit: 67108864", "memory_bytes", 64 << 20),
        ("cpus: 0.5", "cpus", 0.5),
        ("cpus: '0.5'", "cpus", 0.5),
        ("pids_limit: 50", "pids_limit", 50),
        ("deploy: {resources: {limits: {memory: 64M, cpus: '0.5', pids: 50}}}", "memory_bytes", 64 << 20),
        ("deploy: {resources: {limits: {memory: 64M, cpus: '0.5', pids: 50}}}", "cpus", 0.5),
        ("deploy: {resources: {limits: {memory: 64M, cpus: '0.5', pids: 50}}}", "pids_limit", 50),
        ("image: docker.io/netquarium/web:1", "image", "netquarium/web:1"),
        ("container_name: shop.web-1", "name", "shop.web-1"),
        ("network_mode: host", "mode", Mode(ModeKind.HOST)),
        ("network_mode: none", "mode", Mode(ModeKind.NONE)),
        ("network_mode: bridge", "mode", Mode(ModeKind.BRIDGE)),
        ("network_mode: default", "mode", Mode(ModeKind.BRIDGE)),
        ("network_mode: bridge, mac_address: '02:42:0a:00:00:05'", "mac_address", "02:42:0a:00:00:05"),
        ("healthcheck: {test: 'nc -z localhost 80'}", "healthcheck", Healthcheck(("CMD-SHELL", "nc -z localhost 80"))),
        ("healthcheck: {test: [NONE]}", "healthcheck", Healthcheck(("NONE",))),
        ("healthcheck: {disable: true}", "healthcheck", Healthcheck(("NONE",))),
        (
            "healthcheck: {test: [CMD, 'true'], interval: 500ms, timeout: 1m30s, retries: 5, start_period: 1.5s}",
            "healthcheck",
            Healthcheck(("CMD", "true"), 0.5, 90.0, 5, 1.5),
        ),
        ("x-note: anything", "service", "web"),
        ("privileged: false", "service", "web"),
        ("devices: []", "service", "web"),
    ],
)
def test_each_key_is_read_in_each_form(written: str, attribute: str, value: object) -> None:
    assert getattr(container_of(written), attribute) == value


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("image: «netquarium/tool:1", Code.UNKNOWN_IMAGE),
        ("image: «netquarium/tools", Code.UNKNOWN_IMAGE),
        ("image: «5", Code.WRONG_TYPE),
        ("command: [sleep, «60]", Code.WRONG_TYPE),
        ("command: «'echo \"a'", Code.BAD_VALUE),
        ("command: «{a: b}", Code.WRONG_TYPE),
        ("environment: «text", Code.WRONG_TYPE),
        ("environment: [A=1, «A=2]", Code.REPEATED),
        ("environment: {A: «[1]}", Code.WRONG_TYPE),
        ("hostname: «a_b", Code.BAD_NAME),
        ("hostname: «-a", Code.BAD_NAME),
        (f"hostname: «{'a' * 64}", Code.BAD_NAME),
        ("container_name: «a", Code.BAD_NAME),
        ("container_name: «-ab", Code.BAD_NAME),
        ("dns: «ns.example", Code.BAD_VALUE),
        ("dns: [«10.1.1.1/24]", Code.BAD_VALUE),
        ("dns: [«'fe80::1%eth0']", Code.BAD_VALUE),
        ("extra_hosts: [«'a']", Code.BAD_VALUE),
        ("extra_hosts: [«'a:b']", Code.BAD_VALUE),
        ("extra_hosts: [«'a b:10.1.1.1']", Code.BAD_NAME),
        ("sysctls: {«kernel.shmmax: 1}", Code.REFUSED_KEY),
        ("sysctls: {«net.ipv4.ip_forward: }", Code.BAD_VALUE),
        ("sysctls: {«'net.ipv4/../../kernel/x y': 1}", Code.BAD_VALUE),
        ("cap_add: [«NET_ADMN]", Code.BAD_VALUE),
        ("cap_add: [«BPF]", Code.BAD_VALUE),
        ("restart: «sometimes", Code.BAD_VALUE),
        ("init: «maybe", Code.WRONG_TYPE),
        ("stop_grace_period: «10", Code.BAD_VALUE),
        ("mem_limit: «4m", Code.LIMIT),
        ("mem_limit: «much", Code.BAD_VALUE),
        ("cpus: «0", Code.LIMIT),
        ("cpus: «4", Code.LIMIT),
        ("cpus: «half", Code.WRONG_TYPE),
        ("pids_limit: «0", Code.LIMIT),
        ("mem_limit: «64m, deploy: {resources: {limits: {memory: 32m}}}", Code.CONFLICT),
        ("mac_address: «'03:00:00:00:00:01'", Code.BAD_VALUE),
        ("mac_address: «'02:42'", Code.BAD_VALUE),
        ("mac_address: «'00:00:00:00:00:00'", Code.BAD_VALUE),
        ("network_mode: «hots", Code.BAD_VALUE),
        ("network_mode: «front", Code.BAD_VALUE),
        ("network_mode: «'service:'", Code.BAD_VALUE),
        ("network_mode: «'service:gone'", Code.UNKNOWN_SERVICE),
        ("network_mode: «'container:gone'", Code.UNKNOWN_SERVICE),
        ("networks: «front", Code.WRONG_TYPE),
        ("networks: [«front]", Code.UNKNOWN_NETWORK),
        ("networks: {«front: }", Code.UNKNOWN_NETWORK),
        ("networks: {default: {«alias: [x]}}", Code.UNKNOWN_KEY),
        ("networks: {default: {aliases: [«'a b']}}", Code.BAD_NAME),
        ("networks: {default: {ipv4_address: «10.1.1}}", Code.BAD_VALUE),
        ("networks: {default: {ipv4_address: «'fd00::1'}}", Code.BAD_VALUE),
        ("networks: {default: {ipv6_address: «10.1.1.1}}", Code.BAD_VALUE),
        ("networks: {default: {«interface_name: lan0}}", Code.REFUSED_KEY),
        ("networks: [default, «default]", Code.REPEATED),
        ("depends_on: [«gone]", Code.UNKNOWN_SERVICE),
        ("depends_on: [«web]", Code.CIRCLE),
        ("depends_on: {other: {condition: «service_health}}", Code.BAD_VALUE),
        ("depends_on: {«other: {condition: service_healthy}}", Code.CONDITION),
        ("healthcheck: {«tests: x}", Code.UNKNOWN_KEY),
        ("healthcheck: «{interval: 1s}", Code.MISSING_KEY),
        ("healthcheck: {test: «[curl, localhost]}", Code.BAD_VALUE),
        ("healthcheck: {test: «[CMD]}", Code.BAD_VALUE),
        ("healthcheck: {test: x, interval: «30}", Code.BAD_VALUE),
        ("healthcheck: {test: x, interval: «1us}", Code.LIMIT),
        ("deploy: {placement: {constraints: [«'node.hostname == gamma']}}", Code.UNKNOWN_HOST),
        ("deploy: {placement: {constraints: [«'node.role == manager']}}", Code.BAD_VALUE),
        ("deploy: {placement: {constraints: [node.hostname != alpha, «node.hostname != beta]}}", Code.PLACEMENT),
        ("deploy: {mode: «global}", Code.BAD_VALUE),
        ("deploy: {replicas: «101}", Code.LIMIT),
        ("deploy: {replicas: 2}, scale: «3", Code.CONFLICT),
        ("deploy: {replicas: 2}, container_name: «shop", Code.REPLICAS),
        ("«container_name: other", Code.NAME_TAKEN),
        ("«privileged: true", Code.REFUSED_KEY),
        ("«devices: [/dev/kvm]", Code.REFUSED_KEY),
        ("«build: .", Code.REFUSED_KEY),
        ("«env_file: .env", Code.REFUSED_KEY),
        ("«profiles: [debug]", Code.REFUSED_KEY),
        ("«links: [other]", Code.REFUSED_KEY),
        ("volumes: [«'/etc:/etc']", Code.REFUSED_KEY),
        ("volumes: [«'./a:/b:ro']", Code.REFUSED_KEY),
        ("volumes: [«'~/a:/b']", Code.REFUSED_KEY),
        ("volumes: [«'C:\\a:/b']", Code.REFUSED_KEY),
        ("volumes: [«{type: bind, source: data, target: /b}]", Code.REFUSED_KEY),
        ("«netwrok_mode: host", Code.UNKNOWN_KEY),
    ],
)
def test_each_fault_has_its_place(written: str, code: Code) -> None:
    assert_problem(code, services(other="", web=written))


@pytest.mark.parametrize(
    "written",
    [
        "«ulimits: {nofile: 100}",
        "«logging: {driver: none}",
        "«pid: host",
        "«security_opt: ['seccomp:unconfined']",
        "deploy: {«update_config: {}}",
        "healthcheck: {test: x, «start_interval: 1s}",
        "volumes: [«'data:/data']",
        "volumes: [«'/data']",
        "volumes: [«{type: tmpfs, target: /b}]",
    ],
)
def test_what_has_no_effect_is_said_to_have_none(written: str) -> None:
    problem = assert_warning(Code.IGNORED_KEY, services(web=written))
    assert "no effect here" in problem.message


def test_a_variable_without_a_value_is_left_out_and_reported() -> None:
    assert_warning(Code.VARIABLE_UNSET, services(web="environment: [«HOME]"))
    assert_warning(Code.VARIABLE_UNSET, services(web="environment: {«HOME: }"))


def test_memory_beyond_the_hosts_is_reported() -> None:
    assert_warning(Code.LIMIT, services(web="mem_limit: «2g"))


def test_a_service_without_an_image_is_refused() -> None:
    assert_problem(Code.MISSING_KEY, "services:\n  «web: {command: sleep 1}\n")


@pytest.mark.parametrize(
    ("compose", "code"),
    [
        ("services: «[]\n", Code.WRONG_TYPE),
        ("«services: {}\n", Code.MISSING_KEY),
        ("«networks: {}\n", Code.MISSING_KEY),
        ("services: {«'a b': {image: 'netquarium/web:1'}}\n", Code.BAD_NAME),
        ("services: {web: «text}\n", Code.WRONG_TYPE),
        ("«service: {}\nservices: {web: {image: 'netquarium/web:1'}}\n", Code.UNKNOWN_KEY),
        ("«include: [other.yaml]\nservices: {web: {image: 'netquarium/web:1'}}\n", Code.REFUSED_KEY),
        ("name: «My App\nservices: {web: {image: 'netquarium/web:1'}}\n", Code.BAD_NAME),
    ],
)
def test_faults_of_the_whole_file_have_their_place(compose: str, code: Code) -> None:
    reading = reading_of(compose)
    codes = [problem.code for problem in reading.problems]
    if code is Code.WRONG_TYPE and "text" in compose:
        assert codes == [Code.MISSING_KEY, Code.WRONG_TYPE]
    else:
        assert_problem(code, compose)


def test_version_and_volumes_have_no_effect() -> None:
    assert_warning(Code.IGNORED_KEY, "«version: '3.8'\n" + services(web=""))
    assert_warning(Code.IGNORED_KEY, "«volumes: {data: }\n" + services(web=""))


# --- joining, order, placement ------------------------------------------------------------------------------------


def test_services_start_after_what_they_wait_for() -> None:
    lab = lab_of(
        services(
            one="depends_on: [three]",
            two="network_mode: 'service:four'",
            three="depends_on: {two: {condition: service_started}}",
            four="",
            five="",
        )
    )
    assert [container.name for container in lab.containers] == ["four", "two", "three", "one", "five"]


def test_dependencies_name_containers_with_their_condition() -> None:
    lab = lab_of(
        services(
            db="healthcheck: {test: x}, scale: 2",
            job="restart: on-failure",
            web="depends_on: {db: {condition: service_healthy}, job: {condition: service_completed_successfully}}",
        )
    )
    assert lab.containers[-1].depends_on == (
        Dependency("db-1", Condition.HEALTHY),
        Dependency("db-2", Condition.HEALTHY),
        Dependency("job", Condition.COMPLETED),
    )


def test_a_circle_is_told_whole() -> None:
    problem = assert_problem(
        Code.CIRCLE,
        services(one="depends_on: [two]", two="network_mode: 'service:three'", three="depends_on: [«one]"),
    )
    assert "one → two → three → one" in problem.message


def test_what_always_restarts_never_completes() -> None:
    assert_problem(
        Code.CONDITION,
        services(job="restart: always", web="depends_on: {«job: {condition: service_completed_successfully}}"),
    )


def test_a_joined_container_follows_its_target() -> None:
    lab = lab_of(services(pause=on("beta"), web="network_mode: 'service:pause'", log="network_mode: 'container:pause'"))
    assert {container.host for container in lab.containers} == {"beta"}
    assert lab.containers[1].mode == Mode(ModeKind.CONTAINER, "pause")


def test_a_container_joins_by_container_name() -> None:
    lab = lab_of(services(pause="container_name: holder", web="network_mode: 'container:holder'"))
    assert lab.containers[1].mode.target == "holder"


def test_joining_across_hosts_is_refused() -> None:
    assert_problem(
        Code.PLACEMENT,
        services(
            pause=on("alpha"),
            web="network_mode: 'service:pause', deploy: {placement: {constraints: [«node.hostname == beta]}}",
        ),
    )


def test_one_of_several_replicas_is_joined_by_its_own_name() -> None:
    assert_problem(Code.REPLICAS, services(pause="scale: 2", web="network_mode: «'service:pause'"))
    lab = lab_of(services(pause="scale: 2", web="network_mode: 'container:pause-2'"))
    assert (lab.containers[2].mode.target, lab.containers[2].host) == ("pause-2", "beta")


def test_constraints_choose_the_host_and_replicas_are_dealt_out() -> None:
    lab = lab_of(
        services(
            first="",
            second=on("beta"),
            third="deploy: {placement: {constraints: [node.hostname != alpha]}}",
            each="deploy: {replicas: 3}",
            none="deploy: {replicas: 0}",
        )
    )
    assert [(container.name, container.host) for container in lab.containers] == [
        ("first", "alpha"),
        ("second", "beta"),
        ("third", "beta"),
        ("each-1", "alpha"),
        ("each-2", "beta"),
        ("each-3", "alpha"),
    ]


def test_a_one_letter_service_gets_a_name_the_engine_accepts() -> None:
    assert lab_of(services(a="")).containers[0].name == "a-1"


def test_a_container_named_like_a_host_is_reported() -> None:
    assert_warning(Code.NAME_TAKEN, "services:\n  «beta: {image: 'netquarium/web:1'}\n")


def test_a_replica_and_a_service_cannot_share_a_name() -> None:
    assert_problem(
        Code.NAME_TAKEN,
        "services:\n  web: {image: 'netquarium/web:1', scale: 2}\n  «web-2: {image: 'netquarium/web:1'}\n",
    )


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("network_mode: host, «networks: [default]", Code.CONFLICT),
        ("network_mode: none, «networks: [default]", Code.CONFLICT),
        ("network_mode: host, «mac_address: '02:42:0a:00:00:05'", Code.NETWORK_MODE),
        ("network_mode: host, «sysctls: {net.ipv4.ip_forward: 1}", Code.NETWORK_MODE),
        ("network_mode: 'service:other', «networks: [default]", Code.CONFLICT),
        ("network_mode: 'service:other', «hostname: web", Code.NETWORK_MODE),
        ("network_mode: 'service:other', «ports: ['80:80']", Code.NETWORK_MODE),
        ("network_mode: 'service:other', «expose: [80]", Code.NETWORK_MODE),
        ("network_mode: 'service:other', «dns: 10.1.1.1", Code.NETWORK_MODE),
        ("network_mode: 'service:other', «extra_hosts: ['a:10.1.1.1']", Code.NETWORK_MODE),
        ("network_mode: 'service:other', «mac_address: '02:42:0a:00:00:05'", Code.NETWORK_MODE),
    ],
)
def test_what_a_network_mode_excludes_is_refused(written: str, code: Code) -> None:
    assert_problem(code, services(other="networks: [default]", web=written))


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("network_mode: host, «ports: ['80:80']", Code.PORT_UNPUBLISHED),
        ("network_mode: none, «ports: ['80:80']", Code.PORT_UNPUBLISHED),
        ("network_mode: none, «dns: 10.1.1.1", Code.NETWORK_MODE),
        ("network_mode: 'service:other', «dns_search: example", Code.NETWORK_MODE),
    ],
)
def test_what_a_network_mode_drops_is_reported(written: str, code: Code) -> None:
    assert_warning(code, services(other="", web=written))


# --- networks of a service ----------------------------------------------------------------------------------------


def test_a_service_without_networks_is_on_the_default_one() -> None:
    lab = lab_of(services(web=""))
    assert (lab.networks[0].key, lab.networks[0].name) == ("default", "drill_default")
    assert lab.containers[0].attachments == (Attachment("default", ("web",)),)


def test_networks_are_joined_by_priority_then_as_written() -> None:
    written = services(web="networks: {one: , two: {priority: 10}, three: {aliases: [x, web]}}")
    lab = lab_of(written + networks(one="", two="", three=""))
    assert [end.network for end in lab.containers[0].attachments] == ["two", "one", "three"]
    assert lab.containers[0].attachments[2].aliases == ("web", "x")


def test_addresses_and_mac_of_an_end_are_read() -> None:
    written = services(
        web="networks: {net: {ipv4_address: 10.1.1.50, ipv6_address: 'fd00:1::50', mac_address: 02-42-0A-00-00-05}}"
    )
    both = "enable_ipv6: true, ipam: {config: [{subnet: 10.1.1.0/24}, {subnet: 'fd00:1::/64'}]}"
    assert lab_of(written + networks(net=both)).containers[0].attachments[0] == Attachment(
        "net", ("web",), IPv4Address("10.1.1.50"), IPv6Address("fd00:1::50"), "02:42:0a:00:00:05"
    )


def test_the_services_mac_goes_to_its_first_network() -> None:
    written = services(web="mac_address: '02:42:0a:00:00:05', networks: [one, two]")
    ends = lab_of(written + networks(one="", two="")).containers[0].attachments
    assert [end.mac_address for end in ends] == ["02:42:0a:00:00:05", None]


def test_a_mac_on_a_further_network_is_refused() -> None:
    written = services(web="networks: {one: , two: {mac_address: «'02:42:0a:00:00:05'}}")
    assert_problem(Code.CONFLICT, written + networks(one="", two=""))


def test_an_alias_that_is_anothers_name_is_reported() -> None:
    assert_warning(Code.ALIAS_SHARED, services(db="", web="networks: {default: {aliases: [«db]}}"))


def test_aliases_on_different_networks_do_not_meet() -> None:
    lab_of(
        services(db="networks: [one]", web="networks: {two: {aliases: [db]}}")
        + networks(one="", two=subnet("10.1.1.0/24"))
    )


# --- vocabularies -------------------------------------------------------------------------------------------------


def read_keys(vocabulary: Vocabulary) -> list[str]:
    return sorted(vocabulary.names(Treatment.READ))


@pytest.mark.parametrize("key", read_keys(SERVICE_KEYS))
def test_every_service_key_said_to_be_read_is_read(key: str) -> None:
    """Nothing accepts a list of lists, so a key that is read reports one."""
    image = "" if key == "image" else "image: netquarium/tools:1, "
    assert reading_of(f"services: {{web: {{{image}{key}: [[x]]}}}}").lab is None


@pytest.mark.parametrize("key", read_keys(NETWORK_KEYS))
def test_every_network_key_said_to_be_read_is_read(key: str) -> None:
    compose = services(web="networks: [net]") + networks(net=f"{key}: [[x]]")
    assert reading_of(compose).lab is None


@pytest.mark.parametrize("key", read_keys(DEPLOY_KEYS))
def test_every_deploy_key_said_to_be_read_is_read(key: str) -> None:
    assert reading_of(services(web=f"deploy: {{{key}: [[x]]}}")).lab is None


@pytest.mark.parametrize("vocabulary", [SERVICE_KEYS, NETWORK_KEYS, DEPLOY_KEYS], ids=lambda each: each.title)
def test_reasons_are_sentences_parts_without_a_full_stop(vocabulary: Vocabulary) -> None:
    """They are put before one."""
    for key in vocabulary.keys.values():
        assert key.treatment is Treatment.READ or not key.note.endswith(".")
