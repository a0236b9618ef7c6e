"""My credit: everybody chooses whether, and how, they are named in public."""

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.admin import AdminSite
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse

from policy.models import Credit


class CreditForm(forms.ModelForm):
    class Meta:
        model = Credit
        fields = ("public_name",)
        widgets = {"public_name": forms.TextInput(attrs={"class": "vTextField"})}


def render_credit_page(site: AdminSite, request: HttpRequest) -> HttpResponse:
    """One's own, and nobody else's."""
    mine = Credit.objects.filter(user=request.user.pk).first() or Credit(user=request.user)
    form = CreditForm(request.POST or None, instance=mine)
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, credit_confirmation(mine))
        return HttpResponseRedirect(reverse("admin:credit"))
    context: dict[str, Any] = {**site.each_context(request), "title": "My credit", "form": form}
    return TemplateResponse(request, "desk/credit.html", context)


def credit_confirmation(credit: Credit) -> str:
    if credit.public_name:
        return f"From now on you are named as {credit.public_name} in what you publish or edit."
    return "You are not named in public."
