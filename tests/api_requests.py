"""Helpers for tests that follow links of the API."""

from typing import Any

from django.test import Client


def get_json(address: str, query: dict[str, Any] | None = None) -> Any:
    response = Client().get(address, query)
    assert response.status_code == 200, response.content
    return response.json()


def get_result_ids(page: dict[str, Any]) -> list[str]:
    return [row["id"] for row in page["results"]]
