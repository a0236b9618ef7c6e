"""Pages of reviewers: publish, withdraw and merge. policy.publishing enforces the rules."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.admin.utils import quote, unquote
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path

from desk.base.generic import AnyModelAdmin
from desk.base.requests import admin_url, admin_url_name, get_user
from desk.review.forms import MergeForm, PublishForm, ReasonForm
from desk.review.posting import (
    Attempt,
    post_data,
    posted_comments,
    run_if_posted,
    validated,
)
from desk.review.preview import build_preview, build_reference_previews
from policy.models import RECORD_MODELS, Record, Revision
from policy.publishing import approval, checks, ledger, publish, review
from policy.publishing.approval import PublishingConflict, PublishingError

NOTHING_PUBLISHED = "Nothing was published: the current revision has the same content."
EVENT_RESULTS = {
    "publish": "public",
    "revise": "revised",
    "withdraw": "withdrawn",
    "merge": "merged",
}
PAGE_TITLES = {
    "publish": "Preview and publish",
    "withdraw": "Withdraw",
    "merge": "Merge into another",
    "ask": "Send to review",
    "recall": "Recall from review",
    "comments": "Comments",
    "bulk": "Publish several",
}


class RecordPagesMixin(AnyModelAdmin):
    """More pages for each record: `pages` maps their names to the methods that answer."""

    pages: dict[str, str] = {}

    def get_urls(self) -> list[URLPattern]:
        own = [self.page_url_pattern(name, view) for name, view in self.pages.items()]
        return own + super().get_urls()

    def page_url_pattern(self, name: str, view: str) -> URLPattern:
        method: Callable[..., HttpResponse] = getattr(self, view)
        page = self.admin_site.admin_view(method)
        return path(f"<path:object_id>/{name}/", page, name=self.page_url_name(name))

    def page_url_name(self, name: str) -> str:
        return admin_url_name(str(self.opts.model_name), name)

    def page_url(self, name: str, record: Record) -> str:
        return admin_url(str(self.opts.model_name), name, quote(record.pk))

    def get_permitted_record(self, request: HttpRequest, object_id: str, permission: str) -> Record:
        """Return a record that the user may view. Raise PermissionDenied or Http404.

        `permission` is the codename of a permission that the user must have as well.
        """
        if not get_user(request).has_perm(f"policy.{permission}"):
            raise PermissionDenied
        record: Record | None = self.get_object(request, unquote(object_id))
        if record is None:
            raise Http404
        if not self.has_view_permission(request, record):
            raise PermissionDenied
        return record

    def redirect_to_record(self, request: HttpRequest, record: Record, *texts: str) -> HttpResponse:
        for text in texts:
            self.message_user(request, text, messages.SUCCESS)
        return HttpResponseRedirect(self.page_url("change", record))

    def render_page(
        self,
        request: HttpRequest,
        record: Record,
        page_name: str,
        attempt: Attempt[Any],
        form: forms.Form,
        template: str = "",
        **context: object,
    ) -> HttpResponse:
        """Render a page with a form. The template is named after the page by default."""
        return TemplateResponse(
            request,
            template or f"desk/{page_name}.html",
            {
                **self.admin_site.each_context(request),
                "title": PAGE_TITLES[page_name],
                "subtitle": str(record),
                "opts": self.opts,
                "original": record,
                "page_name": page_name,
                "refusal": attempt.refusal,
                "form": form,
                "media": self.media + form.media,
                **context,
            },
            status=attempt.status_code,
        )


class PublishMixin(RecordPagesMixin):
    pages = {"publish": "publish_page", "withdraw": "withdraw_page", "merge": "merge_page"}

    def publish_page(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Show what would change and the evidence. Publish, accept or return the record."""
        user = get_user(request)
        record = self.get_permitted_record(request, object_id, "publish")
        key = "/".join(ledger.record_key(record))
        publishes = bool(request.POST) and not {"accept", "return"} & set(request.POST)
        revises = publishes and record.current is not None
        posted = PublishForm(post_data(request), by=user, key=key, revises=revises)
        attempt = self.handle_decision(request, record, posted)
        if attempt.result is not None:
            return attempt.result
        page = build_preview(record, user)
        references = build_reference_previews(page)
        revises = page.publication_status.is_published
        form = PublishForm(by=user, key=key, revises=revises)
        form.initial["reason"] = request.POST.get("reason", "")
        form.sign_previews([page, *references])
        typed = dict(posted_comments(request))
        selected = [reference.key for reference in references]
        return self.render_page(
            request,
            record,
            "publish",
            attempt,
            form,
            preview=page,
            unpublished_references=references,
            selected_keys=request.POST.getlist("together") if attempt.refusal else selected,
            rows=page.rows_with_comments(typed),
            record_comment=typed.get("", ""),
            can_read_texts=user.has_perm("policy.view_sourcetext"),
        )

    def handle_decision(
        self, request: HttpRequest, record: Record, form: PublishForm
    ) -> Attempt[HttpResponse]:
        """Do what the pressed button says, and return the response to redirect with."""
        by = get_user(request)
        if "accept" in request.POST:
            done = run_if_posted(
                request, lambda: review.accept(record, by, validated(form).selected[form.key])
            )
            message = "Accepted. It can be published once enough reviewers have accepted it."
        elif "return" in request.POST:
            done = run_if_posted(
                request, lambda: review.return_to_editor(record, by, posted_comments(request))
            )
            message = "Returned with your comments."
        else:
            return self.run_and_redirect(request, record, lambda: publish_previewed(form, by))
        if done.result is None:
            return Attempt(refusal=done.refusal)
        return Attempt(self.redirect_to_record(request, record, message))

    def withdraw_page(self, request: HttpRequest, object_id: str) -> HttpResponse:
        by = get_user(request)
        record = self.get_permitted_record(request, object_id, "withdraw")
        form = ReasonForm(post_data(request))
        attempt = self.run_and_redirect(
            request, record, lambda: [publish.withdraw(record, by, validated(form).get_reason())]
        )
        return attempt.result or self.retire_page(request, record, "withdraw", attempt, form)

    def merge_page(self, request: HttpRequest, object_id: str) -> HttpResponse:
        by = get_user(request)
        record = self.get_permitted_record(request, object_id, "withdraw")
        form = MergeForm(post_data(request), record=record)
        attempt = self.run_and_redirect(
            request, record, lambda: [merge_from_form(form, record, by)]
        )
        return attempt.result or self.retire_page(request, record, "merge", attempt, form)

    def retire_page(
        self,
        request: HttpRequest,
        record: Record,
        page_name: str,
        attempt: Attempt[HttpResponse],
        form: forms.Form,
    ) -> HttpResponse:
        obstacles = list(iter_retire_obstacles(page_name, record, get_user(request)))
        template = "desk/retire.html"
        return self.render_page(
            request, record, page_name, attempt, form, template, obstacles=obstacles
        )

    def run_and_redirect(
        self, request: HttpRequest, record: Record, act: Callable[[], Sequence[Revision]]
    ) -> Attempt[HttpResponse]:
        """Run an act if the form was posted. Log it, and return the response to redirect with."""
        attempt = run_if_posted(request, act)
        if attempt.result is None:
            return Attempt(refusal=attempt.refusal)
        done = describe_revisions(attempt.result)
        self.log_change(request, record, " ".join(done))
        return Attempt(self.redirect_to_record(request, record, *(done or [NOTHING_PUBLISHED])))


def describe_revisions(revisions: Sequence[Revision]) -> list[str]:
    return [f"{revision} is {EVENT_RESULTS[revision.event]}." for revision in revisions]


def publish_previewed(form: PublishForm, by: User) -> list[Revision]:
    """Publish the selected records, exactly as the page showed them."""
    selected = validated(form).selected
    records: list[Record] = []
    seen: dict[tuple[str, str], str] = {}
    for key, fingerprint in selected.items():
        kind, _, slug = key.partition("/")
        record: Record | None = RECORD_MODELS[kind]._default_manager.filter(slug=slug).first()
        if record is None:
            raise PublishingConflict(
                "A record on this page does not exist any more. Check the page again, then publish."
            )
        records.append(record)
        seen[kind, slug] = fingerprint
    return publish.publish(records, by, form.get_reason(), seen)


def merge_from_form(form: MergeForm, record: Record, by: User) -> Revision:
    target, reason = validated(form).get_target(), form.get_reason()
    return publish.merge(record, target, by, reason)


def iter_retire_obstacles(page_name: str, record: Record, by: User) -> Iterator[str]:
    """Yield what prevents a withdrawal or a merge."""
    if not record.current:
        yield "It is not published."
    try:
        approval.get_approval(record, by)
    except PublishingError as error:
        yield from error.messages
    if page_name == "withdraw":
        yield from checks.dependant_faults(ledger.record_key(record))
