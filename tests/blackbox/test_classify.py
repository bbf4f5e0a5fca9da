"""The filter that says what refusals mean, as a script uses it."""
import json
import subprocess

from relay import BINARY

LIMIT_S = 30
OWN = """
[[rule]]
id = "mine"
match = 'go away~tomorrow'
mx = "mx.example.com"
category = "rate-limited"
retry = "later"
sample = { text = "550 go away until tomorrow", mx = "mx.example.com" }
source = "seen on Monday"
"""


def classify(lines, *options):
    return subprocess.run([BINARY, "classify", *options], input=lines, capture_output=True, text=True,
                          timeout=LIMIT_S, errors="surrogateescape")


def answers(lines, *options):
    done = classify(lines, *options)
    assert done.returncode == 0, done.stdout + done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_a_json_line_is_answered_with_exactly_the_promised_fields():
    line = json.dumps({"code": 550, "enhanced": "5.1.1", "text": "User unknown", "mx": None, "provider": None,
                       "phase": "rcpt"})
    answer, = answers(line + "\n")
    confidence = answer.pop("confidence")
    assert answer == {"kind": "hard", "category": "no-such-mailbox", "retry": "no", "suppress": True,
                      "rule": "no-such-mailbox",
                      "mailjet": {"error_related_to": "recipient", "error": "user unknown"}}
    assert 0 < confidence <= 1


def test_bare_replies_are_answered_in_their_order():
    kinds = [answer["kind"] for answer in answers("550 5.1.1 no such user\n452 4.2.2 mailbox full\n"
                                                  "554 5.7.1 listed at zen.spamhaus.org\n550 zzz")]
    assert kinds == ["hard", "soft", "block", "unknown"]


def test_lines_that_cannot_be_read_are_told_of_and_the_rest_is_judged():
    done = classify('{"code":550\n550 user unknown\n\n{"code":"x","text":"a"}\n{"code":550}\n550 user unknown\n')
    said = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == 1
    assert [answer.get("line") for answer in said] == [1, None, 3, 4, 5, None]
    assert "not JSON" in said[0]["error"] and "empty" in said[2]["error"]
    assert "code" in said[3]["error"] and "text" in said[4]["error"]
    assert said[1]["kind"] == said[5]["kind"] == "hard"


def test_why_is_said_in_words():
    answer, = answers("552 5.2.2 mailbox full\n", "--explain")
    assert answer["rule"] in answer["why"] and "not suppressed" in answer["why"]


def test_rules_of_ones_own_win(tmp_path):
    rules = tmp_path / "own.toml"
    rules.write_text(OWN)
    line = json.dumps({"text": "550 user unknown, go away until tomorrow", "mx": "mx.example.com"})
    answer, = answers(line + "\n", "--rules", str(rules))
    assert (answer["rule"], answer["retry"], answer["suppress"]) == ("mine", "later", False)


def test_unknown_wordings_are_gathered():
    lines = [json.dumps({"text": f"550 glorp {i} for ann{i}@example.com", "mx": f"mx{i}.example.com",
                         "from": "shop@example.org"}) for i in range(5)]
    wordings = answers("\n".join([*lines, "550 quux", "550 user unknown"]) + "\n", "--unmatched")
    assert [(w["wording"], w["count"]) for w in wordings] == [("glorp N for ADDRESS", 5), ("quux", 1)]
    assert wordings[0]["senders"] == 1 and wordings[0]["mx"] == 5 and len(wordings[0]["samples"]) == 3


def test_whoever_waits_for_an_answer_gets_it_before_the_next_line():
    with subprocess.Popen([BINARY, "classify"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        for _ in range(3):
            process.stdin.write("550 user unknown\n")
            process.stdin.flush()
            assert json.loads(process.stdout.readline())["kind"] == "hard"
        process.stdin.close()
        assert process.wait(LIMIT_S) == 0


def test_a_megabyte_of_hostile_text_is_judged():
    lines = ["550-5.1.1 mailbox user account is " * 30_000, "a@b@" * 260_000, "\udcff\udcfe" * 500_000]
    assert len(answers("\n".join(lines) + "\n")) == 3


def test_check_names_the_rule_whose_sample_another_one_judges(tmp_path):
    rules, config = tmp_path / "own.toml", tmp_path / "postrider.toml"
    config.write_text(f"[bounce]\nrules = '{rules}'\n")
    rules.write_text(OWN)
    assert subprocess.run([BINARY, "--config", config, "check"], timeout=LIMIT_S).returncode == 0
    rules.write_text(OWN.replace("550 go away until", "550 user unknown"))
    done = subprocess.run([BINARY, "--config", config, "check"], capture_output=True, text=True, timeout=LIMIT_S)
    assert done.returncode == 2
    assert f"{config}:2" in done.stderr and "rule 'mine'" in done.stderr and "no-such-mailbox" in done.stderr
