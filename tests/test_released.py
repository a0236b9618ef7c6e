"""What was answered leaves memory with its request, not when Python's collector comes."""

import gc
import weakref

import pytest
from django.core.handlers.base import BaseHandler
from django.test import RequestFactory

from api.query.pagination import ResultPage
from policy.search.current import CurrentRevision
from policy.search.query import IndexRow
from tests import factories as make
from tests.test_caching import ROUTES

pytestmark = [pytest.mark.django_db, pytest.mark.postgresql]


@pytest.fixture
def uncollected():
    gc.disable()
    yield
    gc.enable()


def test_no_circle_holds_an_answer(uncollected):
    make.publish_new_action("ban")
    handler = BaseHandler()
    handler.load_middleware()
    answers = {}
    for route in [*ROUTES, "actions/?include=agencies"]:
        response = handler.get_response(RequestFactory().get(f"/api/v1/{route}"))
        b"".join(response)
        answers[route] = weakref.ref(response)
        del response
    assert [route for route, gone in answers.items() if gone() is not None] == []
    assert [
        held
        for held in gc.get_objects()
        if isinstance(held, (ResultPage, IndexRow, CurrentRevision))
    ] == []
