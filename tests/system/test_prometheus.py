"""From a rule in a real Prometheus to a mail, an acknowledgement from the mail's link, and the news that it is over."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx2
import pytest

from firebell.app import open_house
from firebell.domain.escalation import commands as escalation
from firebell.domain.escalation.model import Climb, Step, Target, TargetKind, Wait
from firebell.domain.people import commands as people
from firebell.domain.people import methods
from firebell.domain.services import commands as services
from firebell.domain.services import keys
from firebell.kernel.work import Work
from tests.fakes.receiver import Receiver
from tests.fakes.smtp_sink import SmtpSink
from tests.system.monitoring import ALERTMANAGER, PROMETHEUS, monitoring
from tests.system.server import Launcher, Server, pause, settings_of

TOKEN = "an-administrator-of-this-test-only-0123456789"
LINK = re.compile(r"Acknowledge: (http://\S+/a/\S+)")
pytestmark = [
    pytest.mark.system,
    pytest.mark.slow,
    pytest.mark.skipif(
        (PROMETHEUS is None or ALERTMANAGER is None) and os.environ.get("CI") != "true",
        reason="Prometheus and Alertmanager are not installed (apt-get install prometheus prometheus-alertmanager)",
    ),
]


def by_webhook(base: str, key: str) -> dict[str, Any]:
    return {"webhook_configs": [{"url": f"{base}/in/alertmanager/{key}", "send_resolved": True}]}


def by_pagerduty(base: str, key: str) -> dict[str, Any]:
    # Without a severity Alertmanager says "error" for everything.
    severity = "{{ .CommonLabels.severity }}"
    url = f"{base}/v2/enqueue"
    return {"pagerduty_configs": [{"routing_key": key, "url": url, "severity": severity, "send_resolved": True}]}


def a_shop(data: Path, receiver: Receiver, source: str) -> str:
    """Pia is paged by mail, Sam learns everything by webhook; returns the integration's key."""
    house = open_house(settings_of(data), inline=True)

    def make(work: Work) -> str:
        told = []
        for name, channel, to in (
            ("pia", "email", "pia@example.com"),
            ("sam", "webhook", receiver.url("/sam")),
        ):
            user_id = people.create_user(work, name=name, email=f"{name}@example.com")
            config = house.channels[channel].check({"to": to})
            methods.add_method(
                work,
                user_id,
                name="only",
                channel=channel,
                config=config,
                masked="…",
                trusted=True,
                sealer=house.sealing,
            )
            told.append(Target(TargetKind.USER, user_id))
        policy = escalation.create_policy(
            work, name="shop", climb=Climb((Step(tuple(told), Wait(600)),), tuple(told), 0, 1800)
        )
        service_id = services.create_service(work, name="shop", policy_id=policy.id)  # type: ignore[arg-type]
        return keys.create_integration(work, service_id, "prometheus", source, house.keyring).key

    key = house.runner.run(make)
    house.close()
    return key


@pytest.mark.parametrize(
    ("source", "wiring", "patient"),
    [("alertmanager", by_webhook, True), ("pagerduty", by_pagerduty, False)],
    ids=["webhook", "pagerduty"],
)
def test_a_rule_fires_the_mail_is_answered_and_the_recovery_is_told(
    source: str,
    wiring: Callable[[str, str], dict[str, Any]],
    patient: bool,
    tmp_path: Path,
    launcher: Launcher,
    receiver: Receiver,
) -> None:
    key = a_shop(tmp_path, receiver, source)
    folder = tmp_path / "monitoring"
    folder.mkdir()
    with (
        SmtpSink() as mail,
        Server(
            tmp_path,
            launcher=launcher,
            settings={"FIREBELL_SMTP_URL": mail.url, "FIREBELL_BOOTSTRAP_TOKEN": TOKEN},
        ) as server,
    ):
        server.start()
        with monitoring(folder, wiring(server.base_url, key)) as shop:
            shop.shop_is_up(False)
            page = mail.wait_for(lambda m: "down" in str(m.message["Subject"]).lower(), timeout_s=30)
            assert page.to == ["pia@example.com"]
            assert "SEV1" in str(page.message["Subject"])
            assert receiver.wait_until(lambda hits: len(hits) == 1, timeout_s=10)
            alert_id = receiver.hits[0].alert_id
            found = LINK.search(page.part("plain"))
            assert found is not None, page.part("plain")

            looked = httpx2.get(found[1])
            assert looked.is_success
            assert "Acknowledge" in looked.text
            assert alert(server, alert_id)["state"] == "open", "a mail scanner that follows links must not acknowledge"
            assert httpx2.post(f"{found[1]}/acknowledge").status_code == 303
            assert alert(server, alert_id)["state"] == "acknowledged"
            assert receiver.wait_until(lambda hits: "acknowledged" in hits[-1].title, timeout_s=10)

            shop.shop_is_up(True)
            assert receiver.wait_until(lambda hits: hits[-1].title.startswith("Resolved"), timeout_s=30)
            assert alert(server, alert_id)["state"] == "resolved"
        assert alerts(server) == [alert_id]
        if patient:
            # A mailbox gets one message a minute; Sam's webhook has heard at once.
            over = mail.wait_for(lambda m: str(m.message["Subject"]).startswith("Resolved"), timeout_s=75)
            assert over.to == ["pia@example.com"]
            assert len(mail.mails) == 2
        pause(0.5)
        assert [hit.title.split()[0] for hit in receiver.hits] == ["SEV1", "pia", "Resolved:"]


def _ask(server: Server, path: str) -> Any:
    answer = httpx2.get(f"{server.base_url}/api/v1{path}", headers={"Authorization": f"Bearer {TOKEN}"})
    assert answer.is_success, answer.text
    return answer.json()


def alert(server: Server, alert_id: str) -> dict[str, Any]:
    found: dict[str, Any] = _ask(server, f"/alerts/{alert_id}")
    return found


def alerts(server: Server) -> list[str]:
    """Every alert there ever was."""
    return [one["id"] for one in _ask(server, "/alerts?state=open&state=acknowledged&state=resolved")["items"]]
