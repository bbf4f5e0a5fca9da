"""The index of recipients: asking it, and waiting until it has caught up."""
import json

from waiting import wait_for


def wait_until_indexed(relay):
    def caught_up():
        answer = json.loads(relay.cli("message", "search", "--json"))
        return answer["indexed_to"] == answer["last"]
    wait_for("the index to catch up", caught_up, explain=relay.explain)


def search(relay, *words):
    return json.loads(relay.cli("message", "search", *words, "--json"))
