"""The curators' pages about a review: ask for one, recall it, answer what was said."""

from typing import Any

from django import forms
from django.contrib.admin.utils import unquote
from django.contrib.admin.widgets import AdminTextareaWidget
from django.http import HttpRequest, HttpResponse

from desk.base.fields import TextField
from desk.review.forms import LONGEST_FIELD
from desk.review.preview import preview
from desk.review.views import Pages, posted, tried, valid
from policy import audit
from policy.publishing import review

SHOWN = 500  # deeds


class RemarkForm(forms.Form):
    remark = TextField(
        required=False,
        widget=AdminTextareaWidget(attrs={"rows": 3}),
        help_text="What the reviewer should know. Not public.",
    )


class CommentForm(forms.Form):
    field = forms.CharField(
        required=False,
        max_length=LONGEST_FIELD,
        widget=forms.TextInput(attrs={"class": "vTextField"}),
        help_text="The field's key, such as “stance”; empty: the whole record.",
    )
    text = TextField(label="Comment", widget=AdminTextareaWidget(attrs={"rows": 3}))


class Reviewing(Pages):
    pages = {"ask": "ask_page", "recall": "recall_page", "comments": "comments_page"}
    object_history_template = "desk/history.html"

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: Any = None
    ) -> HttpResponse:
        """Who did what, from the trail, above the admin's own log."""
        record = self.get_object(request, unquote(object_id))
        deeds = audit.of(record)[:SHOWN] if record else []
        extra = {**(extra_context or {}), "deeds": list(deeds), "shown": SHOWN}
        return super().history_view(request, object_id, extra)

    def ask_page(self, request: HttpRequest, object_id: str) -> HttpResponse:
        record = self.allowed(request, object_id, "add_review")
        form = RemarkForm(posted(request))
        done, refusal = tried(
            request, lambda: review.ask(record, request.user, valid(form)["remark"])
        )
        if done:
            return self.back(request, record, f"{record} is in review.")
        context = {"form": form, "preview": preview(record, request.user)}
        return self.page(request, record, "ask", refusal, context)

    def recall_page(self, request: HttpRequest, object_id: str) -> HttpResponse:
        record = self.allowed(request, object_id, "add_review")
        _, refusal = tried(request, lambda: review.recall(record, request.user))
        if request.method == "POST" and not refusal:
            return self.back(request, record, f"{record} is not in review any more.")
        return self.page(request, record, "recall", refusal, {"form": forms.Form()})

    def comments_page(self, request: HttpRequest, object_id: str) -> HttpResponse:
        record = self.allowed(request, object_id, "view_comment")
        form = CommentForm(posted(request), initial={"field": request.GET.get("field", "")[:300]})
        done, refusal = tried(request, lambda: say(record, request.user, valid(form)))
        if done:
            return self.back(request, record, "Your comment stands with the record.")
        context = {
            "form": form,
            "comments": review.comments(record),
            "reviews": review.of(record).select_related("asked_by", "closed_by"),
            "speaks": request.user.has_perm("policy.add_comment"),
        }
        return self.page(request, record, "comments", refusal, context)


def say(record: Any, by: Any, data: dict[str, Any]) -> Any:
    return review.comment(record, by, [(data["field"], data["text"])])
