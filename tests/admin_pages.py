"""Helpers for tests of admin pages: read forms, submit them and read the messages."""

import time
from html.parser import HTMLParser
from typing import Any

from django.contrib.auth.models import User
from django.forms.utils import ErrorList
from django.test import Client

from policy.models import Record


def admin_url(row: Any, page: str = "change") -> str:
    return f"/admin/{row._meta.app_label}/{row._meta.model_name}/{row.pk}/{page}/"


def login_client(person: User) -> Client:
    """Return a client that is signed in and whose session already stores its last use."""
    client = Client()
    client.force_login(person)
    session, now = client.session, int(time.time())
    session.update({"since": now, "seen": now})
    session.save()
    return client


class PageForm(HTMLParser):
    """The values that the form of a page sends if nobody changes it."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.values: dict[str, list[str]] = {}
        self.name, self.text = "", ""
        self.in_form = False
        self.feed(html)

    def handle_starttag(self, tag: str, pairs: list[tuple[str, str | None]]) -> None:
        attributes = dict(pairs)
        name = attributes.get("name") or ""
        if tag == "form" and attributes.get("id") != "logout-form":
            self.in_form = True
        elif not self.in_form or "disabled" in attributes:
            return
        elif tag == "input" and name and "__prefix__" not in name:
            self.input(attributes, name)
        elif tag in ("textarea", "select"):
            self.name, self.text = name, ""
        elif tag == "option" and "selected" in attributes and "__prefix__" not in self.name:
            self.values.setdefault(self.name, []).append(attributes.get("value") or "")

    def input(self, attributes: dict[str, str | None], name: str) -> None:
        kind = attributes.get("type")
        is_sent = kind not in ("checkbox", "radio") or "checked" in attributes
        if kind not in ("submit", "file") and is_sent:
            self.values.setdefault(name, []).append(attributes.get("value") or "")

    def handle_data(self, data: str) -> None:
        self.text += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea" and self.in_form and "__prefix__" not in self.name:
            # As browsers do: drop the first line end, and send the others as CR LF.
            text = self.text.replace("\r\n", "\n").removeprefix("\n")
            self.values[self.name] = [text.replace("\n", "\r\n")]
        elif tag == "form":
            self.in_form = False


def get_form_data(client: Client, path: str, **changes: Any) -> dict[str, Any]:
    """Return what the form of a page sends after these changes."""
    response = client.get(path)
    assert response.status_code == 200, response.status_code
    return PageForm(response.content.decode()).values | changes


def save_record(client: Client, row: Record, **changes: Any) -> Any:
    return client.post(admin_url(row), get_form_data(client, admin_url(row), **changes))


def inline_row(prefix: str, number: int = 0, **values: Any) -> dict[str, Any]:
    """Return the form data of one row of an inline."""
    return {f"{prefix}-{number}-{name}": value for name, value in values.items()}


def inline_rows(prefix: str, *rows: dict[str, Any]) -> dict[str, Any]:
    """Return the form data of new rows of an empty inline."""
    data = {f"{prefix}-TOTAL_FORMS": len(rows), f"{prefix}-INITIAL_FORMS": 0}
    for number, row in enumerate(rows):
        data |= inline_row(prefix, number, **row)
    return data


def get_form_errors(response: Any) -> list[str]:
    """Return all messages of an invalid form, sorted, each once."""
    assert response.status_code == 200, response
    errors = response.context["errors"].data
    lists = [item if isinstance(item, ErrorList) else item.messages for item in errors]
    return sorted({str(message) for messages in lists for message in messages})


def get_row_errors(response: Any, prefix: str) -> list[list[str]]:
    """Return the messages of each row of an inline."""
    formsets = [inline.formset for inline in response.context["inline_admin_formsets"]]
    (formset,) = [formset for formset in formsets if formset.prefix == prefix]
    return [sorted({str(m) for errors in row.values() for m in errors}) for row in formset.errors]


def get_messages(response: Any) -> list[str]:
    return [str(message) for message in response.context["messages"]]


def submit_page(client: Client, row: Any, page: str = "publish", **changes: Any) -> Any:
    """Submit the form of a page with these changes, and follow the redirect."""
    path = admin_url(row, page)
    return client.post(path, get_form_data(client, path, **changes), follow=True)


def get_obstacles(client: Client, row: Any, page: str = "publish") -> list[str]:
    context = client.get(admin_url(row, page)).context
    return context["preview"].obstacles if page == "publish" else context["obstacles"]


def get_refusal(response: Any, status: int) -> list[str]:
    assert response.status_code == status
    return response.context["refusal"].messages
