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

from desk.base.db_errors import why_refused
from desk.review.forms import LONGEST_FIELD, MergeForm, PublishForm, ReasonForm
from desk.review.preview import preview, unpublished
from policy.models import RECORDS, Record, Revision
from policy.publishing import approval, ledger, publish, review

SAY = "say:"  # begins the names of comment boxes; the field's key follows

NOTHING = "Nothing was published: it says the same as before."
DONE = {"publish": "public", "revise": "revised", "withdraw": "withdrawn", "merge": "merged"}
TITLES = {
    "publish": "Preview and publish",
    "withdraw": "Withdraw",
    "merge": "Merge into another",
    "ask": "Send to review",
    "recall": "Recall from review",
    "comments": "Comments",
    "bulk": "Publish several",
}


class Pages(admin.ModelAdmin):
    """Pages beside each record's form: `pages` maps their names to what answers."""

    pages: dict[str, str] = {}

    def get_urls(self) -> list[URLPattern]:
        return [self.door(name, view) for name, view in self.pages.items()] + super().get_urls()

    def door(self, name: str, view: str) -> URLPattern:
        page = self.admin_site.admin_view(getattr(self, view))
        return path(f"<path:object_id>/{name}/", page, name=self.route(name))

    def route(self, name: str) -> str:
        return f"{self.opts.app_label}_{self.opts.model_name}_{name}"

    def address(self, name: str, record: Record) -> str:
        return reverse(f"admin:{self.route(name)}", args=[quote(record.pk)])

    def allowed(self, request: HttpRequest, object_id: str, verb: str) -> Any:
        if not request.user.has_perm(f"policy.{verb}"):
            raise PermissionDenied
        record = self.get_object(request, unquote(object_id))
        if record is None:
            raise Http404
        if not self.has_view_permission(request, record):
            raise PermissionDenied
        return record

    def back(self, request: HttpRequest, record: Record, *said: str) -> HttpResponse:
        for message in said:
            self.message_user(request, message, messages.SUCCESS)
        return HttpResponseRedirect(self.address("change", record))

    def page(
        self,
        request: HttpRequest,
        record: Record,
        verb: str,
        refusal: publish.Refused | None,
        context: dict[str, Any],
    ) -> HttpResponse:
        template = context.pop("template", f"desk/{verb}.html")
        context |= {
            **self.admin_site.each_context(request),
            "title": TITLES[verb],
            "subtitle": str(record),
            "opts": self.opts,
            "original": record,
            "verb": verb,
            "refusal": refusal,
            "media": self.media + context["form"].media,
        }
        return TemplateResponse(request, template, context, status=status_of(refusal))


class Publishing(Pages):
    pages = {"publish": "publish_page", "withdraw": "withdraw_page", "merge": "merge_page"}

    def publish_page(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The review: what would change, what it rests on, and three buttons."""
        record = self.allowed(request, object_id, "publish")
        about = {"by": request.user, "key": "/".join(ledger.key_of(record))}
        publishes = bool(request.POST) and not {"accept", "return"} & set(request.POST)
        revises = publishes and record.current is not None
        form = PublishForm(posted(request), revises=revises, **about)
        done, refusal = self.decide(request, record, form)
        if done:
            return done
        page = preview(record, request.user)
        rest = unpublished(page)
        again = PublishForm(revises=page.standing.live, **about)
        again.initial["reason"] = request.POST.get("reason", "")
        again.sign([page, *rest])
        context = {
            "preview": page,
            "rest": rest,
            "chosen": request.POST.getlist("together") if refusal else [p.key for p in rest],
            "form": again,
            "rows": page.rows_with(typed := dict(remarks(request))),
            "whole": typed.get("", ""),
            "reads": request.user.has_perm("policy.view_sourcetext"),
        }
        return self.page(request, record, "publish", refusal, context)

    def decide(
        self, request: HttpRequest, record: Record, form: PublishForm
    ) -> tuple[HttpResponse | None, publish.Refused | None]:
        """What the button says that was pressed."""
        by = request.user
        if "accept" in request.POST:
            done, refusal = tried(
                request, lambda: review.say_yes(record, by, valid(form)["seen"][form.key])
            )
            said = "Accepted. It becomes public when enough reviewers accepted it."
        elif "return" in request.POST:
            done, refusal = tried(request, lambda: review.give_back(record, by, remarks(request)))
            said = "Returned with your comments."
        else:
            return self.attempt(request, record, lambda: publish_seen(form, by))
        return (self.back(request, record, said) if done else None), refusal

    def withdraw_page(self, request: HttpRequest, object_id: str) -> HttpResponse:
        record = self.allowed(request, object_id, "withdraw")
        form = ReasonForm(posted(request))
        done, refusal = self.attempt(
            request,
            record,
            lambda: [publish.withdraw(record, request.user, valid(form)["reason"])],
        )
        return done or self.bury_page(request, record, "withdraw", refusal, form)

    def merge_page(self, request: HttpRequest, object_id: str) -> HttpResponse:
        record = self.allowed(request, object_id, "withdraw")
        form = MergeForm(posted(request), record=record)
        done, refusal = self.attempt(request, record, lambda: [merge(form, record, request.user)])
        return done or self.bury_page(request, record, "merge", refusal, form)

    def bury_page(
        self,
        request: HttpRequest,
        record: Record,
        verb: str,
        refusal: publish.Refused | None,
        form: forms.Form,
    ) -> HttpResponse:
        found = list(obstacles(verb, record, request.user))
        context = {"form": form, "obstacles": found, "template": "desk/bury.html"}
        return self.page(request, record, verb, refusal, context)

    def attempt(
        self, request: HttpRequest, record: Record, act: Callable[[], list[Revision]]
    ) -> tuple[HttpResponse | None, publish.Refused | None]:
        """What to answer when it is done, or why it is not."""
        revisions, refusal = tried(request, act)
        if revisions is None:
            return None, refusal
        done = told(revisions)
        self.log_change(request, record, " ".join(done))
        return self.back(request, record, *(done or [NOTHING])), None


def told(revisions: list[Revision]) -> list[str]:
    return [f"{revision} is {DONE[revision.event]}." for revision in revisions]


def posted(request: HttpRequest) -> Any:
    return request.POST if request.method == "POST" else None


def tried(request: HttpRequest, act: Callable[[], Any]) -> tuple[Any, publish.Refused | None]:
    """What an act gave, where one was posted, or why it was refused."""
    if request.method != "POST":
        return None, None
    try:
        return act(), None
    except publish.Refused as refusal:
        return None, refusal
    except DatabaseError as error:
        return None, publish.Conflict(why_refused(error))


def remarks(request: HttpRequest) -> list[tuple[str, str]]:
    """(field, text) of every comment that a page sends."""
    return [
        (name.removeprefix(SAY), text.replace("\r\n", "\n").replace("\0", ""))
        for name, text in request.POST.items()
        if name.startswith(SAY) and len(name) - len(SAY) <= LONGEST_FIELD and "\0" not in name
    ]


def status_of(refusal: publish.Refused | None) -> int:
    if refusal is None:
        return 200
    return 409 if isinstance(refusal, publish.Conflict) else 400


def valid(form: forms.Form) -> dict[str, Any]:
    """What a form holds. A form that is not filled in is a refusal like others."""
    if not form.is_valid():
        raise publish.Refused(
            *(
                f"{form[name].label}: {message}" if name in form.fields else message
                for name, found in form.errors.items()
                for message in found
            )
        )
    return form.cleaned_data


def publish_seen(form: PublishForm, by: Any) -> list[Revision]:
    """Publish exactly what the page showed and the reviewer chose."""
    data = valid(form)
    seen = {tuple(key.split("/")): mark for key, mark in data["seen"].items()}
    records = [RECORDS[kind]._default_manager.filter(slug=slug).first() for kind, slug in seen]
    if None in records:
        raise publish.Conflict("A record on the page is gone. Look again, then publish.")
    return publish.publish(records, by, data["reason"], seen)


def merge(form: MergeForm, record: Record, by: Any) -> Revision:
    data = valid(form)
    return publish.merge(record, data["into"], by, data["reason"])


def obstacles(verb: str, record: Record, by: Any) -> Iterator[str]:
    """What stands in the way of withdrawing or merging."""
    if not record.current:
        yield "It is not published."
    try:
        approval.approval(record, by)
    except publish.Refused as refusal:
        yield from refusal.messages
    if verb == "withdraw":
        yield from publish.dependants(ledger.key_of(record))
