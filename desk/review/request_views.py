"""Pages of curators about reviews: request one, cancel it, comment, and the record's history."""

from typing import Any

from django import forms
from django.contrib.admin.utils import unquote
from django.contrib.admin.widgets import AdminTextareaWidget
from django.http import HttpRequest, HttpResponse

from desk.base.fields import TextField
from desk.base.requests import get_user
from desk.review.forms import MAX_COMMENT_FIELD_LENGTH
from desk.review.posting import post_data, run_if_posted, validated
from desk.review.preview import build_preview
from desk.review.views import RecordPagesMixin
from policy import audit
from policy.models import Record
from policy.publishing import review

MAX_HISTORY_EVENTS = 500


class RemarkForm(forms.Form):
    remark = TextField(
        required=False,
        widget=AdminTextareaWidget(attrs={"rows": 3}),
        help_text="A remark for the reviewers. Not public.",
    )

    def get_remark(self) -> str:
        remark: str = self.cleaned_data["remark"]
        return remark


class CommentForm(forms.Form):
    field = forms.CharField(
        required=False,
        max_length=MAX_COMMENT_FIELD_LENGTH,
        widget=forms.TextInput(attrs={"class": "vTextField"}),
        help_text="The key of a field, such as “stance”. Leave it empty for the whole record.",
    )
    text = TextField(label="Comment", widget=AdminTextareaWidget(attrs={"rows": 3}))

    def get_comment(self) -> tuple[str, str]:
        field: str = self.cleaned_data["field"]
        text: str = self.cleaned_data["text"]
        return field, text


class ReviewRequestMixin(RecordPagesMixin):
    pages = {
        "ask": "request_review_page",
        "recall": "cancel_review_page",
        "comments": "comments_page",
    }
    object_history_template = "desk/history.html"

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show the record's audit events above the admin's own log."""
        record: Record | None = self.get_object(request, unquote(object_id))
        events = list(audit.events_about(record)[:MAX_HISTORY_EVENTS]) if record else []
        context = {**(extra_context or {}), "events": events, "max_events": MAX_HISTORY_EVENTS}
        return super().history_view(request, object_id, context)

    def request_review_page(self, request: HttpRequest, object_id: str) -> HttpResponse:
        user = get_user(request)
        record = self.get_permitted_record(request, object_id, "add_review")
        form = RemarkForm(post_data(request))
        attempt = run_if_posted(
            request, lambda: review.request_review(record, user, validated(form).get_remark())
        )
        if attempt.result:
            return self.redirect_to_record(request, record, f"{record} is in review.")
        preview = build_preview(record, user)
        return self.render_page(request, record, "ask", attempt, form, preview=preview)

    def cancel_review_page(self, request: HttpRequest, object_id: str) -> HttpResponse:
        user = get_user(request)
        record = self.get_permitted_record(request, object_id, "add_review")

        def cancel() -> bool:
            review.cancel_review(record, user)
            return True

        attempt = run_if_posted(request, cancel)
        if attempt.result:
            return self.redirect_to_record(request, record, f"{record} is no longer in review.")
        return self.render_page(request, record, "recall", attempt, forms.Form())

    def comments_page(self, request: HttpRequest, object_id: str) -> HttpResponse:
        user = get_user(request)
        record = self.get_permitted_record(request, object_id, "view_comment")
        field = request.GET.get("field", "")[:MAX_COMMENT_FIELD_LENGTH]
        form = CommentForm(post_data(request), initial={"field": field})
        attempt = run_if_posted(
            request, lambda: review.add_comments(record, user, [validated(form).get_comment()])
        )
        if attempt.result:
            return self.redirect_to_record(request, record, "Your comment was added.")
        return self.render_page(
            request,
            record,
            "comments",
            attempt,
            form,
            comments=review.comments_on(record),
            reviews=review.reviews_of(record).select_related("asked_by", "closed_by"),
            can_comment=user.has_perm("policy.add_comment"),
        )
