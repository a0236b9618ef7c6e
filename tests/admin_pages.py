"""A browser without JavaScript: what the desk's tests do to its pages."""

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
    """Signed in, and past the first click, which writes down when that was."""
    client = Client()
    client.force_login(person)
    session, now = client.session, int(time.time())
    session.update({"since": now, "seen": now})
    session.save()
    return client


class PageForm(HTMLParser):
    """The values that a page's form would send, were nobody to touch it."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.values: dict[str, list[str]] = {}
        self.name, self.text = "", ""
        self.in_form = False
        self.feed(html)

    def handle_starttag(self, tag: str, pairs: list[tuple[str, str | None]]) -> None:
        of = dict(pairs)
        name = of.get("name") or ""
        if tag == "form" and of.get("id") != "logout-form":
            self.in_form = True
        elif not self.in_form or "disabled" in of:
            return
        elif tag == "input" and name and "__prefix__" not in name:
            self.input(of, name)
        elif tag in ("textarea", "select"):
            self.name, self.text = name, ""
        elif tag == "option" and "selected" in of and "__prefix__" not in self.name:
            self.values.setdefault(self.name, []).append(of.get("value") or "")

    def input(self, of: dict[str, str | None], name: str) -> None:
        boxed = of.get("type") in ("checkbox", "radio")
        if of.get("type") not in ("submit", "file") and (not boxed or "checked" in of):
            self.values.setdefault(name, []).append(of.get("value") or "")

    def handle_data(self, data: str) -> None:
        self.text += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea" and self.in_form and "__prefix__" not in self.name:
            # What browsers send: the first line end is the page's own, the others are CR LF.
            text = self.text.replace("\r\n", "\n").removeprefix("\n")
            self.values[self.name] = [text.replace("\n", "\r\n")]
        elif tag == "form":
            self.in_form = False


def get_form_data(client: Client, path: str, **changes: Any) -> dict[str, Any]:
    """What a page's form would send after these changes."""
    response = client.get(path)
    assert response.status_code == 200, response.status_code
    return PageForm(response.content.decode()).values | changes


def save_record(client: Client, row: Record, **changes: Any) -> Any:
    return client.post(admin_url(row), get_form_data(client, admin_url(row), **changes))


def inline_row(prefix: str, number: int = 0, **values: Any) -> dict[str, Any]:
    """One row of an inline, as a form sends it."""
    return {f"{prefix}-{number}-{name}": value for name, value in values.items()}


def inline_rows(prefix: str, *rows: dict[str, Any]) -> dict[str, Any]:
    """New rows of an inline that has none yet."""
    found = {f"{prefix}-TOTAL_FORMS": len(rows), f"{prefix}-INITIAL_FORMS": 0}
    for number, row in enumerate(rows):
        found |= inline_row(prefix, number, **row)
    return found


def get_form_errors(response: Any) -> list[str]:
    """Every message of a refused form, once."""
    assert response.status_code == 200, response
    found = response.context["errors"].data
    lists = [item if isinstance(item, ErrorList) else item.messages for item in found]
    return sorted({str(message) for messages in lists for message in messages})


def get_row_errors(response: Any, prefix: str) -> list[list[str]]:
    """The messages of each row of an inline."""
    formsets = [inline.formset for inline in response.context["inline_admin_formsets"]]
    (formset,) = [formset for formset in formsets if formset.prefix == prefix]
    return [sorted({str(m) for found in row.values() for m in found}) for row in formset.errors]


def get_messages(response: Any) -> list[str]:
    return [str(message) for message in response.context["messages"]]


def submit_page(client: Client, row: Any, page: str = "publish", **changes: Any) -> Any:
    """Fill in a page's form and press its button."""
    path = admin_url(row, page)
    return client.post(path, get_form_data(client, path, **changes), follow=True)


def get_obstacles(client: Client, row: Any, page: str = "publish") -> list[str]:
    context = client.get(admin_url(row, page)).context
    return context["preview"].obstacles if page == "publish" else context["obstacles"]


def get_refusal(response: Any, status: int) -> list[str]:
    assert response.status_code == status
    return response.context["refusal"].messages
