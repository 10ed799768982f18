"""What must be true of every source, present and future."""

from __future__ import annotations

import itertools
import json
import re
import shlex
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from firebell.domain.alerts.model import Status
from firebell.integrations.sources import all_sources, shaping
from firebell.integrations.sources.contract import Request, Source
from firebell.integrations.sources.keys import body_fields, candidate_keys, vendor_path
from tests.integrations.sources.senders import check_storable, post

URL = "https://firebell.example"
KEY = "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6"
DOCS = (Path(__file__).parents[3] / "docs" / "sources.md").read_text()
SOURCES = sorted(all_sources())


def sent_by(curl: str) -> tuple[Request, list[str]]:
    """The request that a curl line makes, as the intake sees it, and the keys found in it."""
    words = shlex.split(curl.replace("\\\n", " "))
    assert words[0] == "curl"
    target = next(word for word in words if word.startswith(URL))
    headers = {
        name.lower(): value
        for flag, word in itertools.pairwise(words)
        if flag == "-H"
        for name, _, value in [word.partition(": ")]
    }
    body = words[words.index("-d") + 1].encode()
    segments = target.removeprefix(f"{URL}/in/").split("/")[1:]
    found = candidate_keys(segments, {}, headers, body_fields(body))
    return Request("POST", vendor_path(segments, KEY), {}, headers, body), found


def snippets(slug: str, language: str) -> list[str]:
    made = all_sources()[slug].snippets(f"{URL}/in/{slug}", KEY)
    return [snippet.text for snippet in made if snippet.language == language]


def test_the_first_sources_are_found() -> None:
    assert {"alertmanager", "generic", "pagerduty"} <= set(SOURCES)


@pytest.mark.parametrize("slug", SOURCES)
def test_a_source_declares_itself(slug: str) -> None:
    source = all_sources()[slug]
    assert source.slug == slug
    assert source.name
    assert source.blurb.endswith(".")
    assert f"## {source.name} (`{slug}`)" in DOCS


@pytest.mark.parametrize("slug", SOURCES)
def test_the_first_snippet_sends_an_alert_that_opens(slug: str) -> None:
    request, keys = sent_by(snippets(slug, "bash")[0])
    assert keys[0] == KEY
    (signal,) = all_sources()[slug].parse(request)
    check_storable(signal)
    assert signal.status is Status.FIRING
    assert signal.severity


@pytest.mark.parametrize("slug", ["generic", "pagerduty"])
def test_the_second_snippet_resolves_what_the_first_opened(slug: str) -> None:
    source = all_sources()[slug]
    (fired,), (resolved,) = (source.parse(sent_by(text)[0]) for text in snippets(slug, "bash")[:2])
    assert resolved.status is Status.RESOLVED
    assert resolved.dedup_key == fired.dedup_key


@pytest.mark.parametrize("slug", SOURCES)
def test_every_curl_carries_the_key_and_is_a_valid_request(slug: str) -> None:
    source = all_sources()[slug]
    for text in snippets(slug, "bash"):
        request, keys = sent_by(text)
        assert KEY in keys
        source.parse(request)
        assert source.reply(request, []).status < 300


@pytest.mark.parametrize("slug", SOURCES)
def test_every_yaml_snippet_is_yaml(slug: str) -> None:
    for text in snippets(slug, "yaml"):
        assert isinstance(yaml.safe_load(text), dict)


def test_alertmanager_is_pointed_at_the_integration() -> None:
    whole: dict[str, Any] = yaml.safe_load(snippets("alertmanager", "yaml")[0])
    (receiver,) = whole["receivers"]
    assert receiver["name"] == whole["route"]["receiver"]
    assert receiver["webhook_configs"][0]["url"] == f"{URL}/in/alertmanager/{KEY}"
    pagerduty: dict[str, Any] = yaml.safe_load(snippets("pagerduty", "yaml")[0])
    config = pagerduty["receivers"][0]["pagerduty_configs"][0]
    assert (config["url"], config["routing_key"]) == (f"{URL}/in/pagerduty/v2/enqueue", KEY)


@pytest.mark.parametrize("slug", SOURCES)
def test_a_busy_answer_says_when_to_come_back_with_a_status_that_is_retried(slug: str) -> None:
    busy = all_sources()[slug].busy(9)
    assert busy.status in {429, 503}
    assert busy.headers["Retry-After"] == "9"


def test_the_example_of_the_docs_is_a_working_source() -> None:
    (code,) = re.findall(r"```python\n(.*?)```", DOCS, re.DOTALL)
    scope: dict[str, Any] = {"__name__": "doorbell"}
    exec(compile(code, "docs/sources.md", "exec"), scope)
    source: Source = scope["SOURCE"]
    (signal,) = source.parse(post({"door": "front door", "severity": "P1", "at": 1767323045}))
    assert (signal.summary, signal.severity) == ("Somebody is at the front door", "critical")
    request, _ = sent_by(source.snippets(f"{URL}/in/doorbell", KEY)[0].text)
    assert source.parse(request)
    assert source.reply(request, []).status == 200


def test_the_generic_example_of_the_docs_is_read_in_full() -> None:
    (example,) = re.findall(r"```json\n(.*?)```", DOCS, re.DOTALL)
    (signal,) = all_sources()["generic"].parse(post(json.loads(example)))
    assert (signal.summary, signal.severity, signal.dedup_key) == ("Disk full on db-1", "critical", "db-1/disk")
    assert signal.labels == {"env": "prod"}
    assert signal.links
    assert signal.starts_at


def test_the_severity_table_of_the_docs_is_true() -> None:
    rows = re.findall(r"^\| (critical|high|warning|info) \| (`.*`) \|$", DOCS, re.MULTILINE)
    assert len(rows) == 4
    for canonical, words in rows:
        assert {shaping.severity(word) for word in re.findall(r"`(.*?)`", words)} == {canonical}


@pytest.mark.skipif(not shutil.which("amtool"), reason="amtool (package prometheus-alertmanager) is missing")
def test_alertmanager_itself_accepts_the_receivers(tmp_path: Path) -> None:
    webhook = snippets("alertmanager", "yaml")[0]
    pagerduty = "route:\n  receiver: firebell\n\n" + snippets("pagerduty", "yaml")[0]
    for name, text in (("webhook.yml", webhook), ("pagerduty.yml", pagerduty)):
        config = tmp_path / name
        config.write_text(text)
        checked = subprocess.run(["amtool", "check-config", config], capture_output=True, text=True, check=False)
        assert checked.returncode == 0, checked.stdout + checked.stderr


@pytest.mark.skipif(not shutil.which("promtool"), reason="promtool (package prometheus) is missing")
def test_prometheus_itself_accepts_its_files(tmp_path: Path) -> None:
    _, prometheus, rules = snippets("alertmanager", "yaml")
    (tmp_path / "firebell-rules.yml").write_text(rules)
    (tmp_path / "prometheus.yml").write_text(prometheus)
    checked = subprocess.run(
        ["promtool", "check", "config", tmp_path / "prometheus.yml"], capture_output=True, text=True, check=False
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert "1 rules found" in checked.stdout
