"""Places and terms: curators read them, administrators change them, nobody deletes them."""

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest

from desk.base.model_admin import NoDeleteAdmin
from desk.base.reference_form import JurisdictionForm, TermForm
from policy.models import Jurisdiction, Term


class ReferenceAdmin(NoDeleteAdmin):
    """Published documents contain the codes, so `key_fields` never change."""

    key_fields: tuple[str, ...] = ()

    def get_readonly_fields(
        self, request: HttpRequest, obj: Model | None = None
    ) -> tuple[str, ...]:
        return self.key_fields if obj else ()


@admin.register(Jurisdiction)
class JurisdictionAdmin(ReferenceAdmin):
    form = JurisdictionForm
    key_fields = ("code",)
    list_display = ("code", "name", "native_name", "kind", "parent")
    list_select_related = ("parent",)
    list_filter = ("kind",)
    search_fields = ("code", "name", "native_name", "aliases")
    autocomplete_fields = ("parent",)
    fieldsets = [
        (None, {"fields": (("code", "iso3", "m49"), "name", "native_name", "aliases")}),
        ("Position", {"fields": (("kind", "local_kind"), "parent")}),
    ]


@admin.register(Term)
class TermAdmin(ReferenceAdmin):
    form = TermForm
    key_fields = ("vocabulary", "code")
    list_display = ("label", "vocabulary", "code", "definition", "parent")
    list_select_related = ("parent",)
    list_filter = ("vocabulary",)
    search_fields = ("code", "label", "definition")
    autocomplete_fields = ("parent",)
    fieldsets = [
        (None, {"fields": (("vocabulary", "code"), "label", "definition", "includes", "excludes")}),
        ("Position", {"fields": ("parent", ("position", "abstract"), "crosswalk")}),
        ("For schemes and figures", {"fields": ("pattern", "url_template", "sum")}),
    ]
