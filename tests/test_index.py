"""The index of the API: what the dataset is, its versions, and where its parts are."""

import tomllib

import pytest
from django.conf import settings

from policy.models import Revision
from tests import factories as make

pytestmark = [pytest.mark.django_db, pytest.mark.postgresql]
ROOT = "http://testserver/api"
PARTS = ("actions", "agencies", "entities", "sources", "jurisdictions", "terms", "changes")


def test_the_index_is_whole(api):
    make.publish_new_action("ban")
    index = api("")
    assert sum(index.pop("coverage").values()) > 0
    assert index == {
        "title": "Policy Events",
        "version": str(Revision.objects.version()),
        "software_version": settings.SOFTWARE_VERSION,
        "schema_version": 2,
        "licence": "CC-BY-4.0",
        "counts": {"agency": 1, "entity": 0, "source": 1, "action": 1},
        "links": {
            **{name: f"{ROOT}/v1/{name}/" for name in PARTS},
            "head": f"{ROOT}/v1/head/",
            "schema": f"{ROOT}/schema/",
            "docs": f"{ROOT}/docs/",
        },
    }


def test_the_software_version_is_that_of_the_project(api):
    project = tomllib.loads((settings.BASE_DIR / "pyproject.toml").read_text())["project"]
    assert api("")["software_version"] == project["version"]
