"""Reviewers' pages: preview and publish, withdraw, merge. policy.publishing has the guards."""

from collections.abc import Callable, Iterator
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import quote, unquote
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse

from desk.base.db_errors import user_message
from desk.review.forms import MAX_COMMENT_FIELD_LENGTH, MergeForm, PublishForm, ReasonForm
from desk.review.preview import build_preview, build_reference_previews
from policy.models import RECORD_MODELS, Record, Revision
from policy.publishing import approval, checks, ledger, publish, review

COMMENT_PREFIX = "say:"  # begins the names of comment boxes; the field's key follows

NOTHING_PUBLISHED = "Nothing was published: it says the same as before."
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


class RecordPagesMixin(admin.ModelAdmin):
    """Pages beside each record's form: `pages` maps their names to what answers."""

    pages: dict[str, str] = {}

    def get_urls(self) -> list[URLPattern]:
        return [
            self.page_url_pattern(name, view) for name, view in self.pages.items()
        ] + super().get_urls()

    def page_url_pattern(self, name: str, view: str) -> URLPattern:
        page = self.admin_site.admin_view(getattr(self, view))
        return path(f"<path:object_id>/{name}/", page, name=self.page_url_name(name))

    def page_url_name(self, name: str) -> str:
        return f"{self.opts.app_label}_{self.opts.model_name}_{name}"

    def page_url(self, name: str, record: Record) -> str:
        return reverse(f"admin:{self.page_url_name(name)}", args=[quote(record.pk)])

    def get_permitted_record(self, request: HttpRequest, object_id: str, verb: str) -> Any:
        if not request.user.has_perm(f"policy.{verb}"):
            raise PermissionDenied
        record = self.get_object(request, unquote(object_id))
        if record is None:
            raise Http404
        if not self.has_view_permission(request, record):
            raise PermissionDenied
        return record

    def redirect_to_record(self, request: HttpRequest, record: Record, *said: str) -> HttpResponse:
        for message in said:
            self.message_user(request, message, messages.SUCCESS)
        return HttpResponseRedirect(self.page_url("change", record))

    def render_page(
        self,
        request: HttpRequest,
        record: Record,
        verb: str,
        refusal: publish.PublishingError | None,
        context: dict[str, Any],
    ) -> HttpResponse:
        template = context.pop("template", f"desk/{verb}.html")
        context |= {
            **self.admin_site.each_context(request),
            "title": PAGE_TITLES[verb],
            "subtitle": str(record),
            "opts": self.opts,
            "original": record,
            "verb": verb,
            "refusal": refusal,
            "media": self.media + context["form"].media,
        }
        return TemplateResponse(request, template, context, status=refusal_status_code(refusal))


class PublishMixin(RecordPagesMixin):
    pages = {"publish": "publish_page", "withdraw": "withdraw_page", "merge": "merge_page"}

    def publish_page(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The review: what would change, what it rests on, and three buttons."""
        record = self.get_permitted_record(request, object_id, "publish")
        about = {"by": request.user, "key": "/".join(ledger.record_key(record))}
        publishes = bool(request.POST) and not {"accept", "return"} & set(request.POST)
        revises = publishes and record.current is not None
        form = PublishForm(post_data(request), revises=revises, **about)
        done, refusal = self.handle_decision(request, record, form)
        if done:
            return done
        page = build_preview(record, request.user)
        rest = build_reference_previews(page)
        again = PublishForm(revises=page.publication_status.is_published, **about)
        again.initial["reason"] = request.POST.get("reason", "")
        again.sign_previews([page, *rest])
        context = {
            "preview": page,
            "rest": rest,
            "chosen": request.POST.getlist("together") if refusal else [p.key for p in rest],
            "form": again,
            "rows": page.rows_with_comments(typed := dict(posted_comments(request))),
            "whole": typed.get("", ""),
            "reads": request.user.has_perm("policy.view_sourcetext"),
        }
        return self.render_page(request, record, "publish", refusal, context)

    def handle_decision(
        self, request: HttpRequest, record: Record, form: PublishForm
    ) -> tuple[HttpResponse | None, publish.PublishingError | None]:
        """What the button says that was pressed."""
        by = request.user
        if "accept" in request.POST:
            done, refusal = run_if_posted(
                request, lambda: review.accept(record, by, validated_data(form)["seen"][form.key])
            )
            said = "Accepted. It becomes public when enough reviewers accepted it."
        elif "return" in request.POST:
            done, refusal = run_if_posted(
                request, lambda: review.return_to_editor(record, by, posted_comments(request))
            )
            said = "Returned with your comments."
        else:
            return self.run_and_redirect(request, record, lambda: publish_previewed(form, by))
        return (self.redirect_to_record(request, record, said) if done else None), refusal

    def withdraw_page(self, request: HttpRequest, object_id: str) -> HttpResponse:
        record = self.get_permitted_record(request, object_id, "withdraw")
        form = ReasonForm(post_data(request))
        done, refusal = self.run_and_redirect(
            request,
            record,
            lambda: [publish.withdraw(record, request.user, validated_data(form)["reason"])],
        )
        return done or self.retire_page(request, record, "withdraw", refusal, form)

    def merge_page(self, request: HttpRequest, object_id: str) -> HttpResponse:
        record = self.get_permitted_record(request, object_id, "withdraw")
        form = MergeForm(post_data(request), record=record)
        done, refusal = self.run_and_redirect(
            request, record, lambda: [merge_from_form(form, record, request.user)]
        )
        return done or self.retire_page(request, record, "merge", refusal, form)

    def retire_page(
        self,
        request: HttpRequest,
        record: Record,
        verb: str,
        refusal: publish.PublishingError | None,
        form: forms.Form,
    ) -> HttpResponse:
        found = list(iter_retire_obstacles(verb, record, request.user))
        context = {"form": form, "obstacles": found, "template": "desk/bury.html"}
        return self.render_page(request, record, verb, refusal, context)

    def run_and_redirect(
        self, request: HttpRequest, record: Record, act: Callable[[], list[Revision]]
    ) -> tuple[HttpResponse | None, publish.PublishingError | None]:
        """What to answer when it is done, or why it is not."""
        revisions, refusal = run_if_posted(request, act)
        if revisions is None:
            return None, refusal
        done = describe_revisions(revisions)
        self.log_change(request, record, " ".join(done))
        return self.redirect_to_record(request, record, *(done or [NOTHING_PUBLISHED])), None


def describe_revisions(revisions: list[Revision]) -> list[str]:
    return [f"{revision} is {EVENT_RESULTS[revision.event]}." for revision in revisions]


def post_data(request: HttpRequest) -> Any:
    return request.POST if request.method == "POST" else None


def run_if_posted(
    request: HttpRequest, act: Callable[[], Any]
) -> tuple[Any, publish.PublishingError | None]:
    """What an act gave, where one was posted, or why it was refused."""
    if request.method != "POST":
        return None, None
    try:
        return act(), None
    except publish.PublishingError as refusal:
        return None, refusal
    except DatabaseError as error:
        return None, publish.PublishingConflict(user_message(error))


def posted_comments(request: HttpRequest) -> list[tuple[str, str]]:
    """(field, text) of every comment that a page sends."""
    return [
        (name.removeprefix(COMMENT_PREFIX), text.replace("\r\n", "\n").replace("\0", ""))
        for name, text in request.POST.items()
        if name.startswith(COMMENT_PREFIX)
        and len(name) - len(COMMENT_PREFIX) <= MAX_COMMENT_FIELD_LENGTH
        and "\0" not in name
    ]


def refusal_status_code(refusal: publish.PublishingError | None) -> int:
    if refusal is None:
        return 200
    return 409 if isinstance(refusal, publish.PublishingConflict) else 400


def validated_data(form: forms.Form) -> dict[str, Any]:
    """What a form holds. A form that is not filled in is a refusal like others."""
    if not form.is_valid():
        raise publish.PublishingError(
            *(
                f"{form[name].label}: {message}" if name in form.fields else message
                for name, found in form.errors.items()
                for message in found
            )
        )
    return form.cleaned_data


def publish_previewed(form: PublishForm, by: Any) -> list[Revision]:
    """Publish exactly what the page showed and the reviewer chose."""
    data = validated_data(form)
    seen = {tuple(key.split("/")): mark for key, mark in data["seen"].items()}
    rows = [RECORD_MODELS[kind].objects.filter(slug=slug).first() for kind, slug in seen]
    records = [row for row in rows if row]
    if len(records) < len(rows):
        raise publish.PublishingConflict("A record on the page is gone. Look again, then publish.")
    return publish.publish(records, by, data["reason"], seen)


def merge_from_form(form: MergeForm, record: Record, by: Any) -> Revision:
    data = validated_data(form)
    return publish.merge(record, data["into"], by, data["reason"])


def iter_retire_obstacles(verb: str, record: Record, by: Any) -> Iterator[str]:
    """What stands in the way of withdrawing or merging."""
    if not record.current:
        yield "It is not published."
    try:
        approval.get_approval(record, by)
    except publish.PublishingError as refusal:
        yield from refusal.messages
    if verb == "withdraw":
        yield from checks.dependant_faults(ledger.record_key(record))
