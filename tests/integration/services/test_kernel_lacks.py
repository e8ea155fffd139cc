"""What workers tell of their kernels, read by the web process."""

from __future__ import annotations

from pytest_django.fixtures import Settings

from labs.services import kernel_lacks
from labs.specs import Features, KernelFeature
from tests.integration.live.conftest import PrivateRedis


def test_what_any_machine_lacks_is_known(settings: Settings) -> None:
    assert kernel_lacks.known() == Features()
    settings.MACHINE = "one"
    kernel_lacks.tell(Features(frozenset({KernelFeature.IPVLAN})))
    settings.MACHINE = "two"
    kernel_lacks.tell(Features(frozenset({KernelFeature.SCTP})))
    assert kernel_lacks.known().missing == {KernelFeature.IPVLAN, KernelFeature.SCTP}
    kernel_lacks.tell(Features())
    assert kernel_lacks.known().missing == {KernelFeature.IPVLAN}


def test_nothing_is_known_while_redis_is_gone(redis_server: PrivateRedis) -> None:
    redis_server.kill()
    assert kernel_lacks.known() == Features()
    kernel_lacks.tell(Features())
