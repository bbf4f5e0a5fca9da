"""Fixtures: relays, receivers and connections; each test's own, all on loopback, ports by the kernel."""
import pytest

from raw import Raw
from relay import Relay
from sink import Sink


@pytest.fixture
def sink():
    sink = Sink()
    yield sink
    sink.close()


@pytest.fixture
def start_relay(tmp_path):
    """start_relay(*options, routes=..., ...) -> Relay; each must end well."""
    relays = []

    def start(*options, **more):
        folder = tmp_path / f"relay-{len(relays)}"
        folder.mkdir()
        relays.append(Relay(folder, *options, **more))
        return relays[-1]

    yield start
    for relay in relays:
        relay.stop()


@pytest.fixture
def relay(start_relay, sink):
    """Sends what it is given for anybody to `sink` (and for simulator.test to the simulator)."""
    return start_relay(routes=[f"*={sink.route}"])


@pytest.fixture(scope="module")
def shared_sink():
    sink = Sink()
    yield sink
    sink.close()


@pytest.fixture(scope="module")
def shared_relay(tmp_path_factory, shared_sink):
    """For tests that leave no traces in each other: one relay for a whole file."""
    relay = Relay(tmp_path_factory.mktemp("shared"), routes=[f"*={shared_sink.route}"])
    yield relay
    relay.stop()


@pytest.fixture
def raw(shared_relay):
    """A raw connection to the shared relay, authenticated."""
    with Raw(shared_relay.address()) as raw:
        raw.login(shared_relay.ready["user"], shared_relay.ready["password"])
        yield raw
