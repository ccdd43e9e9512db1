"""Who may call what: every route says so, and nothing else lets anybody in."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute
from starlette.routing import Mount

from serving.commands.review_server import whole_app
from serving.office import Office
from serving.review import create_app
from serving.review.access import Needs
from tests.serving.review.desk import PASSWORD, Browser, serving


def routers(app: FastAPI) -> list[APIRouter]:
    """All routers that the server holds."""
    return [route.original_router for route in app.routes if hasattr(route, "original_router")]


def routes(app: FastAPI) -> Iterator[tuple[APIRoute, str]]:
    """Every route of the server, and the role that it declares."""
    for router in routers(app):
        for route in router.routes:
            assert isinstance(route, APIRoute)
            declared = [need.call.role for need in route.dependant.dependencies if isinstance(need.call, Needs)]
            assert len(declared) == 1, f"{route.path} must declare who may call it, once"
            yield route, declared[0]


def test_every_route_declares_a_role(office: Office) -> None:
    """Only signing in and out and a campaign's door are for anybody. Files that are no secret need no role."""
    app = create_app(office, tick_s=None)
    found = {(route.path, role) for route, role in routes(app)}
    assert {path for path, role in found if role == "anybody"} == {
        "/", "/sign-in", "/sign-out", "/campaign/{campaign_id}"
    }  # fmt: skip
    assert len(found) >= 14
    others = [route for route in app.routes if not hasattr(route, "original_router")]
    assert [route.path for route in others if isinstance(route, Mount)] == ["/static"] and len(others) == 1


def doors(app: FastAPI) -> set[tuple[str, str]]:
    """Methods and paths of all routes of a server."""
    found = [route for router in routers(app) for route in router.routes if isinstance(route, APIRoute)]
    return {(method, route.path) for route in found for method in route.methods or ()}


def test_what_is_served_beside_the_pages_has_locks_of_its_own(office: Office, tmp_path: Path) -> None:
    """The server that ships holds the pages, API and metrics by key, Label Studio's webhook by secret; nothing else."""
    beside = doors(whole_app(office, tmp_path)) - doors(create_app(office, tick_s=None))
    assert {("POST", "/crowds/label-studio"), ("POST", "/api/v1/corrections"), ("GET", "/metrics")} <= beside
    assert all(path.startswith(("/api/v1/", "/crowds/label-studio", "/metrics")) for _, path in beside)
    with serving(whole_app(office, tmp_path)) as base:
        for method, path in beside:
            answer = requests.request(method, base + path.replace("{page_id}", "x"), timeout=30)
            nothing_there = path == "/api/v1/{path:path}"
            assert answer.status_code == (404 if nothing_there else 401), (method, path)


def test_a_route_without_a_role_is_noticed(office: Office) -> None:
    """The test above can fail."""
    router = APIRouter()
    router.get("/elsewhere")(lambda: "here")
    app = create_app(office, routers=[router], tick_s=None)
    assert router in routers(app)
    with pytest.raises(AssertionError, match="/elsewhere must declare"):
        list(routes(app))


@pytest.mark.parametrize(("name", "role"), [("anna", "reviewer"), ("eve", "expert"), ("ada", "admin"), ("", "nobody")])
def test_roles_open_their_own_doors_alone(base: str, office: Office, name: str, role: str) -> None:
    browser = Browser(base, name)
    for route, needed in routes(create_app(office, tick_s=None)):
        path = route.path.replace("{token}", "1")
        if needed == "anybody" or "GET" not in (route.methods or ()):
            continue
        answer = browser.http.get(base + path, allow_redirects=False, timeout=30)
        if not name:
            assert (answer.status_code, answer.headers.get("Location")) == (303, "/sign-in"), path
        elif needed == role:
            assert answer.status_code in (200, 404), path
        else:
            assert answer.status_code == 403, path


def test_forms_must_be_ours(base: str) -> None:
    """Without the page's token, or with another session's, nothing that is posted is taken."""
    anna, other = Browser(base, "anna"), Browser(base, "anna")
    for csrf in ("", "x" * 32, other.csrf):
        answer = anna.http.post(f"{base}/desk/{anna.token}", data={"text": "12", "csrf": csrf}, timeout=30)
        assert answer.status_code == 403
    refused = requests.post(f"{base}/sign-in", data={"name": "anna", "password": PASSWORD}, timeout=30)
    assert refused.status_code == 403


def test_signing_in_begins_a_new_session(base: str) -> None:
    """Whoever put a cookie there before knows nothing of the session."""
    browser = Browser(base)
    browser.get("/sign-in")
    before, csrf = browser.http.cookies["penfield"], browser.csrf
    browser.post("/sign-in", name="anna", password=PASSWORD)
    assert browser.http.cookies["penfield"] != before and browser.csrf != csrf
    assert "Sign out" in browser.page
    forged = requests.get(f"{base}/desk", cookies={"penfield": before}, allow_redirects=False, timeout=30)
    assert forged.headers["Location"] == "/sign-in"


def test_cookies_and_headers(base: str) -> None:
    answer = requests.get(f"{base}/sign-in", timeout=30)
    cookie = answer.headers["Set-Cookie"]
    assert "HttpOnly" in cookie and "SameSite=lax" in cookie
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy and "unsafe" not in policy and "script-src 'self'" in policy
    assert answer.headers["X-Content-Type-Options"] == "nosniff" and answer.headers["Cache-Control"] == "no-store"
    assert requests.get(f"{base}/static/review.js", timeout=30).headers["Content-Security-Policy"] == policy


@pytest.mark.parametrize("name", ["anna", "ada"])
def test_pages_hold_no_script_and_no_style_of_their_own(base: str, name: str) -> None:
    page = Browser(base, name).page
    assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\bstyle=|\bon[a-z]+=", page)


def test_a_session_ends_by_signing_out_everywhere(base: str) -> None:
    """A cookie that was copied is worth nothing any more."""
    anna, copied = Browser(base, "anna"), requests.Session()
    copied.cookies.update(anna.http.cookies)
    assert copied.get(f"{base}/desk", allow_redirects=False, timeout=30).status_code == 200
    anna.post("/sign-out")
    assert copied.get(f"{base}/desk", allow_redirects=False, timeout=30).status_code == 303
    assert Browser(base, "anna").token


@pytest.mark.parametrize("change", ["password", "active"])
def test_a_session_ends_when_an_admin_says_so(base: str, office: Office, change: str) -> None:
    anna, ada = Browser(base, "anna"), Browser(base, "ada")
    fields: dict[str, Any] = {"password": {"password": "another long one"}, "active": {"active": "no"}}[change]
    assert ada.post(f"/office/people/{change}", name="anna", **fields).status_code == 200
    assert anna.http.get(f"{base}/desk", allow_redirects=False, timeout=30).status_code == 303


def test_wrong_passwords_are_refused_and_become_slow(base: str) -> None:
    browser = Browser(base)
    for _ in range(10):
        assert browser.sign_in("anna", "wrong wrong wrong").status_code == 401
    assert browser.sign_in("anna").status_code == 429
    assert "anna" not in browser.http.cookies.get("penfield", "")


def test_nobody_takes_their_own_keys_away(base: str, office: Office) -> None:
    ada = Browser(base, "ada")
    assert ada.post("/office/people/roles", name="ada", reviewer="yes").status_code == 422
    assert ada.post("/office/people/active", name="ada", active="no").status_code == 422
    assert ada.post("/office/people", name="cyd", password="short", reviewer="yes").status_code == 422
    assert ada.post("/office/people", name="cyd", password=PASSWORD, reviewer="yes", expert="yes").status_code == 200
    assert office.people.named("ada").roles == {"admin"}
    assert office.people.named("cyd").roles == {"reviewer", "expert"}
