"""The keys that tracking tokens are made with: made by themselves, rotated and removed by the operator."""
import json


def keys(relay):
    answer = json.loads(relay.cli("--json", "tracking-key", "list"))
    return [key["id"] for key in answer["keys"]]


def test_a_key_is_there_from_the_start_rotated_and_kept_over_a_restart(relay):
    assert keys(relay) == [1]
    assert "key 2" in relay.cli("tracking-key", "rotate")
    assert keys(relay) == [2, 1]
    relay.stop()
    assert keys(relay) == [2, 1], "also read where no relay runs"
    relay.start()
    assert keys(relay) == [2, 1]
    relay.cli("tracking-key", "remove", "1")
    assert keys(relay) == [2]


def test_the_last_key_and_one_that_is_not_there_are_not_removed(relay):
    done = relay.cli("tracking-key", "remove", "1", check=False)
    assert done.returncode != 0 and "only tracking key" in done.stderr
    assert relay.cli("tracking-key", "remove", "9", check=False).returncode == 3
    assert keys(relay) == [1]
