"""The vocabulary of a Compose service: every key of the Compose specification, and what becomes of it in a lab."""

from __future__ import annotations

from typing import Final

from labs.specs.section import Vocabulary, ignores, reads, refuses

_NO_FILES: Final = "a lab's containers hold only what their image holds"
_NO_CLAIM: Final = "it shares out the machine, which 'limits' in lab.yml does"
_NO_NETWORK: Final = "it does not touch the network"
_REACHES_OUT: Final = "a lab's containers may not reach into the host's files or devices"

SERVICE_KEYS: Final = Vocabulary.of(
    "a service",
    # What runs
    reads("image", "one of the product's images; required."),
    reads("command", "replaces the image's command: a list, or one text split as a shell would."),
    reads("entrypoint", "replaces the image's entry point, as `command`."),
    reads("environment", "variables, as a mapping or a list of `NAME=value`."),
    reads("working_dir", "the directory the command starts in."),
    reads("user", "the user the command runs as."),
    reads("tty", "gives the command a terminal."),
    reads("stdin_open", "keeps its input open."),
    reads("init", "puts a small init before the command."),
    reads("restart", "`no` (default), `always`, `on-failure`, `on-failure:3` or `unless-stopped`."),
    reads("stop_grace_period", "how long it may take to stop."),
    reads("labels", "labels, as a mapping or a list."),
    reads("container_name", "what the engine calls the container; the service's name when left out."),
    reads("healthcheck", "how its health is found out."),
    reads("depends_on", "what must be started, healthy or completed before: a list, or a mapping with `condition`."),
    # The network
    reads("networks", "the networks it joins: a list, or a mapping with addresses and aliases."),
    reads("network_mode", "`none`, `host`, `bridge`, `service:NAME` or `container:NAME`, instead of `networks`."),
    reads("ports", "ports published on the lab host, in the short or the long form."),
    reads("expose", "ports named but not published."),
    reads("hostname", "the name it has for itself."),
    reads("dns", "its name servers, one or a list."),
    reads("dns_search", "domains tried for short names, one or a list."),
    reads("dns_opt", "resolver options such as `ndots:2`."),
    reads("extra_hosts", "lines for its /etc/hosts, as a mapping or a list of `name=address` or `name:address`."),
    reads("mac_address", "the MAC address of its first interface."),
    reads("sysctls", "kernel settings of its namespace; only `net.*`."),
    reads("cap_add", "capabilities added."),
    reads("cap_drop", "capabilities taken away."),
    # How much, where, how often
    reads("mem_limit", "the most memory it may use."),
    reads("cpus", "the most processors it may use."),
    reads("pids_limit", "the most processes it may have."),
    reads("deploy", "lab host, replicas and limits."),
    reads("scale", "the number of replicas, as `deploy.replicas`."),
    # Without effect
    ignores("annotations", "nothing reads them"),
    ignores("attach", "output is not followed in the foreground"),
    ignores("blkio_config", _NO_CLAIM),
    ignores("cgroup", _NO_NETWORK),
    ignores("cgroup_parent", _NO_CLAIM),
    ignores("cpu_count", _NO_CLAIM),
    ignores("cpu_percent", _NO_CLAIM),
    ignores("cpu_period", _NO_CLAIM),
    ignores("cpu_quota", _NO_CLAIM, "Use 'cpus'."),
    ignores("cpu_rt_period", _NO_CLAIM),
    ignores("cpu_rt_runtime", _NO_CLAIM),
    ignores("cpu_shares", _NO_CLAIM),
    ignores("cpuset", _NO_CLAIM),
    ignores("develop", "nothing is developed in a lab"),
    ignores("domainname", "the engine's name server does not use it"),
    ignores("group_add", _NO_NETWORK),
    ignores("ipc", _NO_NETWORK),
    ignores("isolation", "it is for Windows"),
    ignores("logging", _NO_NETWORK),
    ignores("mem_reservation", _NO_CLAIM),
    ignores("mem_swappiness", _NO_CLAIM),
    ignores("memswap_limit", _NO_CLAIM),
    ignores("oom_kill_disable", _NO_CLAIM),
    ignores("oom_score_adj", _NO_CLAIM),
    ignores("pid", "processes stay apart; containers still share a network namespace by 'network_mode'"),
    ignores("platform", "the images fit the machine"),
    ignores("pull_policy", "the images are already on every lab host"),
    ignores("pull_refresh_after", "the images are already on every lab host"),
    ignores("read_only", _NO_NETWORK),
    ignores("runtime", "lab hosts have one runtime"),
    ignores("security_opt", "containers keep the engine's default profile"),
    ignores("shm_size", _NO_NETWORK),
    ignores("stop_signal", _NO_NETWORK),
    ignores("storage_opt", _NO_CLAIM, "Use 'limits' in lab.yml."),
    ignores("tmpfs", _NO_NETWORK),
    ignores("ulimits", _NO_CLAIM),
    ignores("userns_mode", "every lab host already is a user namespace"),
    ignores("uts", _NO_NETWORK),
    # Not allowed
    refuses("build", "images are not built for a lab", "Use 'image' with one of the product's images."),
    refuses("configs", _NO_FILES, "Pass text by 'environment' or 'command'."),
    refuses("credential_spec", _REACHES_OUT),
    refuses("device_cgroup_rules", _REACHES_OUT),
    refuses("devices", _REACHES_OUT),
    refuses("env_file", "no file beside the lab's own is read", "Write the variables under 'environment'."),
    refuses("extends", "a service is described in one place", "Copy the keys here, or use a YAML anchor."),
    refuses("external_links", "nothing runs beside the lab", "Delete it, or describe the other container here."),
    refuses("gpus", _REACHES_OUT),
    refuses("label_file", "no file beside the lab's own is read", "Write the labels under 'labels'."),
    refuses("links", "it changes names outside the networks' own name service", "Use aliases under 'networks'."),
    refuses("models", "nothing outside the lab can be reached"),
    refuses("post_start", "what it runs could change the network", "Make it part of 'command'."),
    refuses("pre_stop", "what it runs could change the network", "Make it part of 'command'."),
    refuses("privileged", _REACHES_OUT, "Use 'cap_add', for example NET_ADMIN."),
    refuses("profiles", "Compose would not start this service by itself", "Delete 'profiles', or the service."),
    refuses("provider", "nothing outside the lab can be reached"),
    refuses("secrets", _NO_FILES, "Pass text by 'environment'."),
    refuses("use_api_socket", _REACHES_OUT),
    refuses("volume_driver", _REACHES_OUT),
    refuses("volumes_from", _NO_FILES),
    reads("volumes", "reported: a path of the host is refused, a named volume has no effect."),
)
DEPLOY_KEYS: Final = Vocabulary.of(
    "deploy",
    reads("replicas", "how many containers; 1."),
    reads("placement", "on which lab host."),
    reads("resources", "limits."),
    reads("mode", "`replicated`, the only one."),
    ignores("endpoint_mode", "lab containers are no Swarm services"),
    ignores("labels", "lab containers are no Swarm services", "Use the service's own 'labels'."),
    ignores("restart_policy", "lab containers are no Swarm services", "Use 'restart'."),
    ignores("rollback_config", "lab containers are no Swarm services"),
    ignores("update_config", "lab containers are no Swarm services"),
)
PLACEMENT_KEYS: Final = Vocabulary.of(
    "placement",
    reads("constraints", "a list of `node.hostname == HOST` and `node.hostname != HOST`; all must hold."),
    refuses("preferences", "it would decide the lab host by labels, which lab hosts do not have", "Use 'constraints'."),
    refuses("max_replicas_per_node", "replicas are dealt out evenly", "Use 'constraints'."),
)
RESOURCES_KEYS: Final = Vocabulary.of(
    "resources",
    reads("limits", "the most it may use."),
    ignores("reservations", _NO_CLAIM),
)
RESOURCE_LIMIT_KEYS: Final = Vocabulary.of(
    "resource limits",
    reads("memory", "as `mem_limit`."),
    reads("cpus", "as `cpus`."),
    reads("pids", "as `pids_limit`."),
)
NETWORK_USE_KEYS: Final = Vocabulary.of(
    "a service's network",
    reads("aliases", "further names for the container on this network."),
    reads("ipv4_address", "its address; the network needs a subnet."),
    reads("ipv6_address", "its IPv6 address; the network needs an IPv6 subnet."),
    reads("mac_address", "its MAC address there; the engine sets it on the first network only."),
    reads("priority", "networks are joined from the highest down; 0."),
    refuses("driver_opts", "this engine has no options for one end"),
    refuses("gw_priority", "this engine has no such choice: the gateway is of the network whose name sorts first"),
    refuses("interface_name", "this engine names interfaces itself"),
    refuses("link_local_ips", "this engine does not set them on its drivers"),
)
DEPENDENCY_KEYS: Final = Vocabulary.of(
    "a dependency",
    reads("condition", "`service_started` (default), `service_healthy` or `service_completed_successfully`."),
    ignores("required", "all services of a lab are started"),
    ignores("restart", "a lab is not changed by Compose once it runs"),
)
COMPOSE_KEYS: Final = Vocabulary.of(
    "compose.yaml",
    reads("services", "the containers; required."),
    reads("networks", "the networks."),
    reads("name", "the project's name; it appears only in names Compose itself would make up."),
    ignores("version", "current Compose does not read it either", "Delete it."),
    ignores("volumes", "no volumes are made: they do not touch the network"),
    refuses("configs", _NO_FILES),
    refuses("include", "a lab is one compose file", "Copy the other file's services here."),
    refuses("models", "nothing outside the lab can be reached"),
    refuses("secrets", _NO_FILES),
)
