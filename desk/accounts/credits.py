"""The page on which users choose whether, and under what name, they are credited in public."""

from django import forms
from django.contrib import messages
from django.contrib.admin import AdminSite
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse

from desk.base.generic import AnyModelForm
from desk.base.requests import get_user
from policy.models import Credit


class CreditForm(AnyModelForm):
    class Meta:
        model = Credit
        fields = ("public_name",)
        widgets = {"public_name": forms.TextInput(attrs={"class": "vTextField"})}


def render_credit_page(site: AdminSite, request: HttpRequest) -> HttpResponse:
    """Show and save the credit of the signed-in user."""
    user = get_user(request)
    credit = Credit.objects.filter(user=user.pk).first() or Credit(user=user)
    form = CreditForm(request.POST or None, instance=credit)
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, credit_confirmation(credit))
        return HttpResponseRedirect(reverse("admin:credit"))
    context = {**site.each_context(request), "title": "My credit", "form": form}
    return TemplateResponse(request, "desk/credit.html", context)


def credit_confirmation(credit: Credit) -> str:
    if credit.public_name:
        return f"From now on, what you publish or edit names you as {credit.public_name}."
    return "You are not named in public."
