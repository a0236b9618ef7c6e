"""Actions: one form for a record and all its rows."""

from typing import Any

from django.contrib import admin
from django.db.models import ManyToManyField
from django.forms import CheckboxSelectMultiple
from django.http import HttpRequest

from desk.admin.parts import PARTS
from desk.admin.prefill import Prefilled
from desk.admin.records import PRIVATE, PublicationFilter, RecordAdmin
from policy.models import Action, Term

USED = admin.RelatedOnlyFieldListFilter


@admin.register(Action)
class ActionAdmin(Prefilled, RecordAdmin):
    list_display = (
        "title",
        "publication",
        "places",
        "type",
        "status",
        "stance",
        "saved",
    )
    list_filter = (
        PublicationFilter,
        ("type", USED),
        ("status", USED),
        ("stance", USED),
        ("activities", USED),
        ("jurisdictions", USED),
    )
    list_select_related = ("edited_by", "type", "status", "stance")
    search_fields = ("title", "slug", "summary", "agencies__agency__name", "entities__entity__name")
    autocomplete_fields = ("jurisdictions",)
    inlines = PARTS
    fieldsets = [
        (None, {"fields": ("title", "slug", "summary")}),
        (
            "Coding",
            {
                "fields": (
                    ("unit", "type", "status"),
                    ("stance", "attribution", "legal_force"),
                    "jurisdictions",
                    "activities",
                    "penalties",
                )
            },
        ),
        PRIVATE,
    ]

    def formfield_for_manytomany(
        self, db_field: ManyToManyField, request: HttpRequest, **options: Any
    ) -> Any:
        if db_field.related_model is Term:
            options["widget"] = CheckboxSelectMultiple
        return super().formfield_for_manytomany(db_field, request, **options)

    @admin.display(description="where")
    def places(self, action: Action) -> str:
        return ", ".join(place.pk for place in action.jurisdictions.all())
