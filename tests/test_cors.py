"""Scripts of any site may read the API, and nothing else of this one."""

import pytest
from django.test import Client

from tests import factories as make

pytestmark = pytest.mark.django_db
API = ("/api/v1/actions/", "/api/v1/actions/ban/", "/api/v1/nosuch/", "/api/schema/")
OTHERS = ("/", "/actions/", "/livez", "/admin/login/")


@pytest.fixture(autouse=True)
def ban(db):
    make.publish_new_action("ban")


def allowed(address, **headers):
    response = Client(headers=headers).get(address)
    names = {name.strip().lower() for name in response.headers["Vary"].split(",")}
    return response.headers.get("Access-Control-Allow-Origin"), "origin" in names


@pytest.mark.parametrize("address", API)
def test_scripts_of_other_sites_may_read_the_api(address):
    assert allowed(address, origin="https://example.org") == ("*", True)


@pytest.mark.parametrize("address", API)
def test_caches_are_told_to_keep_apart_what_no_script_asked_for(address):
    assert allowed(address) == (None, True)


@pytest.mark.parametrize("address", OTHERS)
def test_pages_are_for_this_site_alone(address):
    response = Client(headers={"origin": "https://example.org"}).get(address)
    assert "Access-Control-Allow-Origin" not in response.headers


def test_a_browser_that_asks_first_is_told_what_it_may():
    headers = {"origin": "https://example.org", "access-control-request-method": "GET"}
    response = Client(headers=headers).options("/api/v1/actions/")
    assert response.headers["Access-Control-Allow-Methods"] == "GET, HEAD, OPTIONS"
    assert response.headers["Access-Control-Allow-Origin"] == "*"
