"""The curators' pages about a review: ask for one, recall it, answer what was said."""

from typing import Any

from django import forms
from django.contrib.admin.utils import unquote
from django.contrib.admin.widgets import AdminTextareaWidget
from django.http import HttpRequest, HttpResponse

from desk.base.fields import TextField
from desk.review.forms import MAX_COMMENT_FIELD_LENGTH
from desk.review.preview import build_preview
from desk.review.views import RecordPagesMixin, post_data, run_if_posted, validated_data
from policy import audit
from policy.publishing import review

MAX_HISTORY_EVENTS = 500  # audit events


class RemarkForm(forms.Form):
    remark = TextField(
        required=False,
        widget=AdminTextareaWidget(attrs={"rows": 3}),
        help_text="What the reviewer should know. Not public.",
    )


class CommentForm(forms.Form):
    field = forms.CharField(
        required=False,
        max_length=MAX_COMMENT_FIELD_LENGTH,
        widget=forms.TextInput(attrs={"class": "vTextField"}),
        help_text="The field's key, such as “stance”; empty: the whole record.",
    )
    text = TextField(label="Comment", widget=AdminTextareaWidget(attrs={"rows": 3}))


class ReviewRequestMixin(RecordPagesMixin):
    pages = {
        "ask": "request_review_page",
        "recall": "cancel_review_page",
        "comments": "comments_page",
    }
    object_history_template = "desk/history.html"

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: Any = None
    ) -> HttpResponse:
        """Who did what, from the trail, above the admin's own log."""
        record = self.get_object(request, unquote(object_id))
        events = audit.events_about(record)[:MAX_HISTORY_EVENTS] if record else []
        context = {
            **(extra_context or {}),
            "events": list(events),
            "max_events": MAX_HISTORY_EVENTS,
        }
        return super().history_view(request, object_id, context)

    def request_review_page(self, request: HttpRequest, object_id: str) -> HttpResponse:
        record = self.get_permitted_record(request, object_id, "add_review")
        form = RemarkForm(post_data(request))
        done, refusal = run_if_posted(
            request,
            lambda: review.request_review(record, request.user, validated_data(form)["remark"]),
        )
        if done:
            return self.redirect_to_record(request, record, f"{record} is in review.")
        context = {"form": form, "preview": build_preview(record, request.user)}
        return self.render_page(request, record, "ask", refusal, context)

    def cancel_review_page(self, request: HttpRequest, object_id: str) -> HttpResponse:
        record = self.get_permitted_record(request, object_id, "add_review")
        _, refusal = run_if_posted(request, lambda: review.cancel_review(record, request.user))
        if request.method == "POST" and not refusal:
            return self.redirect_to_record(request, record, f"{record} is not in review any more.")
        return self.render_page(request, record, "recall", refusal, {"form": forms.Form()})

    def comments_page(self, request: HttpRequest, object_id: str) -> HttpResponse:
        record = self.get_permitted_record(request, object_id, "view_comment")
        form = CommentForm(
            post_data(request), initial={"field": request.GET.get("field", "")[:300]}
        )
        done, refusal = run_if_posted(
            request, lambda: add_comment(record, request.user, validated_data(form))
        )
        if done:
            return self.redirect_to_record(request, record, "Your comment stands with the record.")
        context = {
            "form": form,
            "comments": review.comments_on(record),
            "reviews": review.reviews_of(record).select_related("asked_by", "closed_by"),
            "can_comment": request.user.has_perm("policy.add_comment"),
        }
        return self.render_page(request, record, "comments", refusal, context)


def add_comment(record: Any, by: Any, data: dict[str, Any]) -> Any:
    return review.add_comments(record, by, [(data["field"], data["text"])])
