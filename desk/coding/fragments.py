"""The HTML fragments beside the fields and rows of an action's form, and where they belong.

The page is rendered with them. While the user types, desk/action.js replaces them.
"""

from collections.abc import Sequence

from django.forms import BoundField
from django.template.loader import render_to_string
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from desk.coding.evidence_badges import EvidenceBadge
from desk.coding.live_preview import LivePreview
from desk.coding.part_forms import WHEN_HELP

Fragments = dict[str, SafeString]
FIELD_HINTS = (("title", "possible-duplicates"), ("status", "status-suggestion"))


def render_fragments(live: LivePreview) -> Fragments:
    """Return the fragments of a form by CSS selector."""
    fragments = {
        "#possible-duplicates": render_fragment("possible_duplicates", live=live),
        "#status-suggestion": render_fragment("status_suggestion", live=live),
    }
    for name in live.form.fields:
        if name in live.badges:
            fragments[f"#badges-{name}"] = render_badges(live, name)
    for prefix in [str(form.prefix) for part in live.rows.values() for form in part]:
        fragments[f"#{prefix} .badges"] = render_badges(live, prefix)
    for formset, row_count, without_citation in live.part_counts:
        name = formset.prefix
        fragments[f"#{name}-group .group-badges"] = render_badges(live, name)
        fragments[f"#{name}-row-count"] = render_fragment(
            "row_count", row_count=row_count, without_citation=without_citation
        )
    for reading in live.date_readings:
        selector = f"#{reading.form.prefix} .date-reading"
        fragments[selector] = render_fragment("date_reading", reading=reading)
    return fragments


def render_badges(live: LivePreview, name: str) -> SafeString:
    badges: Sequence[EvidenceBadge] = live.badges.get(name, ())
    return render_fragment("badges", badges=badges)


def render_fragment(name: str, **context: object) -> SafeString:
    return mark_safe(render_to_string(f"desk/live/{name}.html", context).strip())  # noqa: S308


def attach_fragments(live: LivePreview) -> None:
    """Put the fragments where the templates of the page read them."""
    fragments = render_fragments(live)
    for name in live.form.fields:
        if f"#badges-{name}" in fragments:
            append_help_text(live.form[name], f"badges-{name}", fragments[f"#badges-{name}"])
    for name, element_id in FIELD_HINTS:
        if name in live.form.fields:
            append_help_text(live.form[name], element_id, fragments[f"#{element_id}"])
    for formset in live.formsets:
        formset.badges = fragments[f"#{formset.prefix}-group .group-badges"]
        formset.row_count = fragments[f"#{formset.prefix}-row-count"]
        for form in formset.forms:
            form.badges = fragments.get(f"#{form.prefix} .badges", SafeString(""))
    for reading in live.date_readings:
        is_shown_above = reading.errors and not reading.unknown  # as the field's own error
        fragment = fragments[f"#{reading.form.prefix} .date-reading"]
        reading.form["when"].help_text = format_html(WHEN_HELP, "" if is_shown_above else fragment)


def append_help_text(bound: BoundField, element_id: str, fragment: SafeString) -> None:
    """Add a fragment to the help text of a field, so that screen readers read it with the field."""
    help_text = mark_safe(bound.field.help_text)  # noqa: S308 - from the models, with markup
    text = format_html('{} <span id="{}">{}</span>', help_text, element_id, fragment)
    bound.field.help_text = bound.help_text = text
