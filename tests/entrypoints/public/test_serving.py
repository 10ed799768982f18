"""How documents are served: from memory, right at once after a change, and to whom."""

from __future__ import annotations

import gzip
import threading
from pathlib import Path
from typing import Any

import pytest

from firebell.app import open_house
from firebell.domain.people import passwords, signin
from firebell.domain.statuspage import commands, queries
from firebell.entrypoints.public.serving import Public as Serving
from firebell.kernel.clock import plus
from firebell.settings import Settings
from tests.entrypoints.public.conftest import Public

NAMES = ("", "history", "api/v2/summary.json", "api/v2/status.json", "history.atom", "history.rss", "badge.svg")


def say(public: Public, body: str = "New words") -> None:
    public.run(
        lambda work: commands.publish(
            work, public.acme.page_id, public_incident_id=public.acme.incident_id, name="Card payments fail",
            status="monitoring", body=body,
        )
    )  # fmt: skip


def shelf_of(public: Public) -> Any:
    return public.client.app._public.shelf  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", NAMES)
def test_everybody_may_keep_a_public_document_for_15_s(public: Public, name: str) -> None:
    answer = public.get(name)
    assert answer.headers["cache-control"] == "public, max-age=15"
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-security-policy"]


@pytest.mark.parametrize("name", NAMES)
def test_what_has_not_changed_is_not_sent_again(public: Public, name: str) -> None:
    tag = public.get(name).headers["etag"]
    again = public.get(name, headers={"if-none-match": tag})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    public.story.clock.advance(1)
    say(public)
    changed = public.get(name, headers={"if-none-match": tag})
    assert changed.status_code == (304 if name == "badge.svg" else 200)


def test_a_strong_spelling_of_the_tag_and_a_list_of_tags_are_understood(public: Public) -> None:
    tag = public.get().headers["etag"].removeprefix("W/")
    assert public.get(headers={"if-none-match": f'"other", {tag}'}).status_code == 304
    assert public.get(headers={"if-none-match": "*"}).status_code == 304
    assert public.get(headers={"if-none-match": '"other"'}).status_code == 200


def test_a_head_is_a_get_without_the_body(public: Public) -> None:
    whole, head = public.get(), public.client.head("/status/acme")
    assert head.content == b""
    assert head.headers["content-length"] == str(len(gzip.compress(whole.content, 6, mtime=0)))
    assert head.headers["etag"] == whole.headers["etag"]


def test_browsers_of_other_sites_may_ask_before_they_ask(public: Public) -> None:
    answer = public.client.options(
        "/status/acme/api/v2/summary.json",
        headers={"origin": "https://a.example", "access-control-request-method": "GET"},
    )
    assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (204, "*")


def test_documents_are_drawn_once_and_then_come_from_memory(public: Public) -> None:
    shelf = shelf_of(public)
    for _ in range(5):
        public.get("api/v2/summary.json")
    assert shelf.drawn == 1


def test_a_change_is_seen_by_the_very_next_request(public: Public) -> None:
    assert "New words" not in public.get().text
    say(public)
    for name in ("", "api/v2/summary.json", "history.atom", "history.rss"):
        assert "New words" in public.get(name).text


def test_a_change_of_one_page_leaves_the_others_where_they_are(public: Public) -> None:
    public.run(lambda work: commands.create_page(work, slug="other", name="Other"))
    public.get()
    drawn = shelf_of(public).drawn
    public.run(lambda work: commands.publish(
        work, queries.pages(work)[1].id, name="x", status="investigating", body="x"))  # fmt: skip
    public.get()
    assert shelf_of(public).drawn == drawn


def test_what_was_being_drawn_while_it_changed_is_not_kept(public: Public) -> None:
    """The commit comes between the look and the moment at which it would be kept."""
    shelf = shelf_of(public)
    page = shelf.pages().by_slug["acme"]
    drawn, place = shelf._snapshot, public.client.app._public.place(page, "/status/acme")  # type: ignore[attr-defined]

    def meanwhile(read: Any, page: Any) -> Any:
        found = drawn(read, page)
        thread = threading.Thread(target=say, args=(public,))
        thread.start()
        thread.join()
        return found

    shelf._snapshot = meanwhile
    shelf.draw(page, "", place)
    shelf._snapshot = drawn
    assert "New words" in public.get().text


def test_what_time_alone_changes_is_drawn_anew(public: Public) -> None:
    assert "Next update by" in public.get().text
    public.story.clock.advance(1801)
    assert "An update was due by" in public.get().text


def test_there_is_nothing_behind_an_unknown_address(public: Public) -> None:
    for path in ("/status/nobody", "/status/nobody/api/v2/summary.json", "/status/acme/history/1999-01",
                 "/status/acme/history/0000-01",
                 "/status/acme/history/2031-01", "/status/acme/incidents/000000000000",
                 "/status/acme/nothing"):  # fmt: skip
        answer = public.client.get(path)
        assert answer.status_code == 404, path
        assert "public" not in answer.headers.get("cache-control", "")


def test_a_person_at_an_unknown_address_reads_a_page_and_a_program_a_document(public: Public) -> None:
    person = public.client.get("/status/nobody")
    assert person.headers["content-type"].startswith("text/html")
    assert "There is no such status page" in person.text
    assert "default-src 'none'" in person.headers["content-security-policy"]
    assert "error" in public.client.get("/status/nobody/api/v2/summary.json").json()


def test_a_disabled_and_a_deleted_page_are_gone_at_once(public: Public) -> None:
    assert public.get().status_code == 200
    public.run(lambda work: commands.edit_page(work, public.acme.page_id, disabled=True))
    assert public.get().status_code == 404
    public.run(lambda work: commands.edit_page(work, public.acme.page_id, disabled=False))
    assert public.get().status_code == 200
    public.run(lambda work: commands.delete_page(work, public.acme.page_id))
    assert public.get().status_code == 404


# ------------------------------------------------------------------ for whom


def close(public: Public, access: str, **more: Any) -> None:
    public.run(lambda work: commands.edit_page(work, public.acme.page_id, access=access, **more))


def test_a_page_behind_a_password_opens_to_it_and_to_nothing_else(public: Public) -> None:
    public.get()
    close(public, "password", password_hash=passwords.make_hash("three unrelated words"))
    asked = public.get()
    assert asked.status_code == 401
    assert "Card payments" not in asked.text
    assert public.get("api/v2/summary.json").status_code == 401
    wrong = public.client.post("/status/acme/unlock", data={"password": "guess"})
    assert (wrong.status_code, "set-cookie" in wrong.headers) == (401, False)
    right = public.client.post("/status/acme/unlock", data={"password": "three unrelated words"})
    assert (right.status_code, right.headers["location"]) == (303, "/status/acme")
    assert "HttpOnly" in right.headers["set-cookie"]
    for name in NAMES:
        answer = public.get(name)
        assert answer.status_code == 200
        assert answer.headers["cache-control"] == "private, no-store"
        assert "access-control-allow-origin" not in answer.headers


def test_a_new_password_locks_out_who_knew_the_old_one(public: Public) -> None:
    close(public, "password", password_hash=passwords.make_hash("three unrelated words"))
    public.client.post("/status/acme/unlock", data={"password": "three unrelated words"})
    assert public.get().status_code == 200
    close(public, "password", password_hash=passwords.make_hash("another unrelated sentence"))
    assert public.get().status_code == 401


def test_the_way_in_ends_after_a_week_and_cannot_be_made_up(public: Public) -> None:
    close(public, "password", password_hash=passwords.make_hash("three unrelated words"))
    public.client.post("/status/acme/unlock", data={"password": "three unrelated words"})
    name, value = next(iter(public.client.cookies.items()))
    public.story.clock.advance(7 * 86_400 + 1)
    assert public.get().status_code == 401
    until, _, signature = value.partition(".")
    for forged in (f"{int(until) + 10**6}.{signature}", f"{int(until) + 10**6}.", "x.y", "٣.x"):
        public.client.cookies.clear()
        assert public.get(headers={"cookie": f"{name}={forged}".encode()}).status_code == 401


def test_passwords_are_tried_ten_times_a_minute(public: Public) -> None:
    close(public, "password", password_hash=passwords.make_hash("three unrelated words"))
    codes = [public.client.post("/status/acme/unlock", data={"password": "x"}).status_code for _ in range(11)]
    assert codes == [401] * 10 + [429]
    public.story.clock.advance(61)
    assert public.client.post("/status/acme/unlock", data={"password": "x"}).status_code == 401


def test_a_page_for_who_is_signed_in_leads_to_the_sign_in(public: Public) -> None:
    public.story.person("vera")
    close(public, "signed_in")
    asked = public.get()
    assert (asked.status_code, asked.headers["location"]) == (303, "/sign-in?next=/status/acme")
    assert public.get("api/v2/summary.json").status_code == 401
    entered = public.run(lambda work: signin.enter(work, public.story.users["vera"], "192.0.2.7"))  # type: ignore[arg-type]
    inside = public.get(headers={"cookie": f"fb={entered.session_token}"})
    assert (inside.status_code, inside.headers["cache-control"]) == (200, "private, no-store")


def test_a_page_for_some_networks_is_shown_there_only(public: Public) -> None:
    close(public, "addresses", addresses=("198.51.100.0/24",))
    refused = public.get()
    assert refused.status_code == 403
    assert "Card payments" not in refused.text
    close(public, "addresses", addresses=("192.0.2.0/28", "2001:db8::/32"))
    assert public.get().status_code == 200
    forged = public.client.get("/status/acme", headers={"x-forwarded-for": "198.51.100.1"})
    assert forged.status_code == 200, "no proxy is trusted, so the header says nothing"


# ------------------------------------------------------------------ under its own name


def test_a_page_with_its_own_host_is_served_at_its_root(public: Public) -> None:
    public.run(lambda work: commands.edit_page(work, public.acme.page_id, domain="status.acme.example"))
    shelf_of(public).pages()
    host = {"host": "status.acme.example:8080"}
    front = public.client.get("/", headers=host)
    assert front.status_code == 200
    assert 'href="/history.atom"' in front.text
    summary = public.client.get("/api/v2/summary.json", headers=host).json()
    assert summary["page"]["url"] == "https://status.acme.example"
    assert public.get("api/v2/summary.json").json() == summary


def test_nothing_else_of_firebell_is_reachable_under_that_host(public: Public) -> None:
    public.run(lambda work: commands.edit_page(work, public.acme.page_id, domain="status.acme.example"))
    shelf_of(public).pages()
    for path in ("/sign-in", "/alerts", "/api/v1/users", "/api/docs", "/healthz", "/status-pages", "/status/other"):
        answer = public.client.get(path, headers={"host": "STATUS.acme.example"})
        assert answer.status_code == 404, path
    assert public.client.get("/healthz").status_code == 200


@pytest.mark.postgres
def test_a_change_on_another_node_is_seen_within_a_second(postgres_shelf: Any, tmp_path: Path) -> None:
    from firebell.app import site_for
    from tests.entrypoints.public.acme import acme

    url, uses = postgres_shelf.take()
    houses = [
        open_house(Settings(data=tmp_path / f"{n}", database_url=url), roles=frozenset({"web"}), inline=True)
        for n in range(2)
    ]
    try:
        made = houses[0].runner.run(acme)
        serving = Serving(site_for(houses[1], houses[1].live))
        houses[1].start()
        heard, changed = threading.Event(), threading.Event()
        houses[1].runner.on_commit(lambda topics, woken: heard.set())
        houses[1].runner.on_commit(lambda topics, woken: changed.set() if f"status:{made.page_id}" in topics else None)
        while not heard.wait(0.05):
            houses[0].runner.run(lambda work: work.publish("hello"))
        page = serving.shelf.pages().by_slug["acme"]
        place = serving.place(page, "/status/acme")
        assert b"From the other node" not in serving.shelf.draw(page, "", place).rendered.body
        houses[0].runner.run(
            lambda work: commands.publish(
                work, made.page_id, public_incident_id=made.incident_id, name="x", status="monitoring",
                body="From the other node", next_update_by=plus(work.now, 600),
            )
        )  # fmt: skip
        assert changed.wait(1.0)
        assert b"From the other node" in serving.shelf.draw(page, "", place).rendered.body
    finally:
        for house in houses:
            house.close()
        postgres_shelf.give_back(url, uses)


def test_what_else_belongs_to_the_page_is_found_under_its_host_too(public: Public) -> None:
    public.run(lambda work: commands.edit_page(work, public.acme.page_id, domain="status.acme.example"))
    shelf_of(public).pages()
    answer = public.client.get("/subscribe", headers={"host": "status.acme.example"})
    assert answer.status_code == 200
    assert "Acme" in answer.text


def test_a_password_opens_the_page_under_its_own_host_and_the_cookie_stays_there(public: Public) -> None:
    hashed = passwords.make_hash("three unrelated words")
    close(public, "password", password_hash=hashed, domain="status.acme.example")
    shelf_of(public).pages()
    host = {"host": "status.acme.example"}
    assert public.client.get("/", headers=host).status_code == 401
    right = public.client.post("/unlock", data={"password": "three unrelated words"}, headers=host)
    assert (right.status_code, right.headers["location"]) == (303, "/")
    assert "Path=/;" in right.headers["set-cookie"]
    assert "Secure" in right.headers["set-cookie"]
    cookie = right.headers["set-cookie"].partition(";")[0]
    assert public.client.get("/", headers={**host, "cookie": cookie}).status_code == 200
