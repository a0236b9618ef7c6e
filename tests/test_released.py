"""What was answered leaves memory with its request, not when Python's collector comes."""

import gc
import weakref

import pytest
from django.core.handlers.base import BaseHandler
from django.test import RequestFactory

from api.query.pagination import Page
from policy.search.current import Found
from policy.search.query import Row
from tests import factories as make
from tests.test_caching import ROUTES

pytestmark = pytest.mark.django_db


@pytest.fixture
def uncollected():
    gc.disable()
    yield
    gc.enable()


@pytest.mark.parametrize("route", [*ROUTES, "actions/?include=agencies"])
def test_no_circle_holds_an_answer(uncollected, route):
    make.published("ban")
    handler = BaseHandler()
    handler.load_middleware()
    response = handler.get_response(RequestFactory().get(f"/api/v1/{route}"))
    b"".join(response)
    gone = weakref.ref(response)
    del response
    assert gone() is None
    assert [held for held in gc.get_objects() if isinstance(held, (Page, Row, Found))] == []
