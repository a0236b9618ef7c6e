"""The words that stand beside fields and rows of an action's form, and where.

The page is rendered with them; desk/action.js puts newer ones in their places while somebody types.
"""

from typing import Any

from django.template.loader import render_to_string
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from desk.coding.live_preview import LivePreview
from desk.coding.part_forms import WHEN_HELP

Fragments = dict[str, SafeString]


def render_fragments(live: LivePreview) -> Fragments:
    """By CSS selector."""
    names = [name for name in live.form.fields if name in live.badges]
    rows = [form.prefix for forms in live.rows.values() for form in forms]
    found = {
        "#possible-duplicates": render_fragment("possible_duplicates", live=live),
        "#status-suggestion": render_fragment("status_suggestion", live=live),
    }
    found |= {f"#badges-{name}": render_badges(live, name) for name in names}
    found |= {f"#{name} .badges": render_badges(live, name) for name in rows}
    for formset, row_count, without_citation in live.part_counts:
        name = formset.prefix
        found[f"#{name}-group .group-badges"] = render_badges(live, name)
        found[f"#{name}-row-count"] = render_fragment(
            "row_count", row_count=row_count, without_citation=without_citation
        )
    for reading in live.date_readings:
        found[f"#{reading.form.prefix} .date-reading"] = render_fragment("date_reading", reading=reading)
    return found


def render_badges(live: LivePreview, name: str) -> SafeString:
    return render_fragment("badges", badges=live.badges.get(name, ()))


def render_fragment(name: str, **context: Any) -> SafeString:
    return mark_safe(render_to_string(f"desk/live/{name}.html", context).strip())  # noqa: S308


def attach_fragments(live: LivePreview) -> None:
    """Put the pieces where the page's templates find them."""
    found = render_fragments(live)
    for name in live.form.fields:
        if f"#badges-{name}" in found:
            append_help_text(live.form[name], f"badges-{name}", found[f"#badges-{name}"])
    for name, where in (("title", "possible-duplicates"), ("status", "status-suggestion")):
        if name in live.form.fields:
            append_help_text(live.form[name], where, found[f"#{where}"])
    for formset in live.formsets:
        formset.badges = found[f"#{formset.prefix}-group .group-badges"]
        formset.row_count = found[f"#{formset.prefix}-row-count"]
        for form in formset.forms:
            form.badges = found.get(f"#{form.prefix} .badges", "")
    for reading in live.date_readings:
        is_shown_above = reading.errors and not reading.unknown  # by the page, above the field
        read = "" if is_shown_above else found[f"#{reading.form.prefix} .date-reading"]
        reading.form["when"].help_text = format_html(WHEN_HELP, read)


def append_help_text(bound: Any, where: str, words: SafeString) -> None:
    """Behind the help of a field: screen readers then read it with the field."""
    help_text = mark_safe(bound.field.help_text)  # noqa: S308 - the models' own words, and markup
    bound.field.help_text = format_html('{} <span id="{}">{}</span>', help_text, where, words)
    bound.help_text = bound.field.help_text
