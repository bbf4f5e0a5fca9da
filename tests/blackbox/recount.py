"""Statistics as they have to be: counted anew from the raw events, one by one."""
import collections
import json

from waiting import wait_for

COUNTED = ("accepted", "delivered", "deferred", "failed", "expired", "bounced", "complained", "suppressed", "rejected")
FIELD = {"stream": "stream", "domain": "from_domain", "provider": "site", "source": "source_address",
         "category": "category"}


def recount(events, by):
    """{name: {type: count}}, without rows and counts that are nothing."""
    rows = collections.defaultdict(collections.Counter)
    for event in events:
        if event["type"] not in COUNTED:
            continue
        if by == "hour":
            name = event["time"][:13] + ":00:00.000Z"
        elif by == "total":
            name = ""
        else:
            name = event.get(FIELD[by])
        if name is not None:
            rows[name][event["type"]] += 1
    return {name: dict(counts) for name, counts in rows.items()}


def shown(relay, by, *words):
    answer = json.loads(relay.cli("stats", "--by", by, "--limit", "10000", *words, "--json"))
    assert answer["unreadable"] == 0 and answer["left_off"] == 0
    rows = {row["name"]: {t: row[t] for t in COUNTED if row[t]} for row in answer["rows"]}
    return {name: counts for name, counts in rows.items() if counts}


def wait_until_counted(relay):
    def caught_up():
        answer = json.loads(relay.cli("events", "consumers", "--json"))
        one = {c["name"]: c for c in answer["consumers"]}.get("statistics")
        return one and one["lag"] == 0 and one["problem"] == ""
    wait_for("the statistics to catch up", caught_up, explain=relay.explain)


def assert_counted_right(relay, *words):
    """Of an instance in which nothing happens meanwhile."""
    wait_until_counted(relay)
    events = relay.events()
    for by in ("hour", "total", *FIELD):
        assert shown(relay, by, *words) == recount(events, by), by
    return events
