"""The words that stand beside fields and rows of an action's form, and where.

The page is rendered with them; desk/action.js puts newer ones in their places while somebody types.
"""

from typing import Any

from django.template.loader import render_to_string
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from desk.coding.live_preview import Live
from desk.coding.part_forms import WHEN

Pieces = dict[str, SafeString]


def pieces(live: Live) -> Pieces:
    """By CSS selector."""
    names = [name for name in live.form.fields if name in live.marks]
    rows = [form.prefix for forms in live.rows.values() for form in forms]
    found = {"#twins": piece("twins", live=live), "#suggested": piece("suggested", live=live)}
    found |= {f"#mark-{name}": marked(live, name) for name in names}
    found |= {f"#{name} .marks": marked(live, name) for name in rows}
    for formset, number, wanting in live.parts:
        name = formset.prefix
        found[f"#{name}-group .group-marks"] = marked(live, name)
        found[f"#{name}-tally"] = piece("tally", number=number, wanting=wanting)
    for reading in live.readings:
        found[f"#{reading.form.prefix} .read"] = piece("read", reading=reading)
    return found


def marked(live: Live, name: str) -> SafeString:
    return piece("marks", marks=live.marks.get(name, ()))


def piece(name: str, **context: Any) -> SafeString:
    return mark_safe(render_to_string(f"desk/live/{name}.html", context).strip())  # noqa: S308


def place(live: Live) -> None:
    """Put the pieces where the page's templates find them."""
    found = pieces(live)
    for name in live.form.fields:
        if f"#mark-{name}" in found:
            add(live.form[name], f"mark-{name}", found[f"#mark-{name}"])
    for name, where in (("title", "twins"), ("status", "suggested")):
        if name in live.form.fields:
            add(live.form[name], where, found[f"#{where}"])
    for formset in live.formsets:
        formset.marks = found[f"#{formset.prefix}-group .group-marks"]
        formset.tally = found[f"#{formset.prefix}-tally"]
        for form in formset.forms:
            form.marks = found.get(f"#{form.prefix} .marks", "")
    for reading in live.readings:
        told = reading.errors and not reading.unknown  # by the page, above the field
        read = "" if told else found[f"#{reading.form.prefix} .read"]
        reading.form["when"].help_text = format_html(WHEN, read)


def add(bound: Any, where: str, words: SafeString) -> None:
    """Behind the help of a field: screen readers then read it with the field."""
    help_text = mark_safe(bound.field.help_text)  # noqa: S308 - the models' own words, and markup
    bound.field.help_text = format_html('{} <span id="{}">{}</span>', help_text, where, words)
    bound.help_text = bound.field.help_text
