"""Django's generic classes with type arguments, which Django itself does not accept at run time."""

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin
from django.db.models import Model
from django.forms.models import BaseInlineFormSet

if TYPE_CHECKING:
    from django.contrib.admin.options import _FieldOpts

    Fieldset = tuple[str | None, _FieldOpts]
    AnyModelAdmin = admin.ModelAdmin[Any]
    AnyStackedInline = admin.StackedInline[Any, Any]
    AnyModelForm = forms.ModelForm[Any]
    AnyInlineFormSet = BaseInlineFormSet[Model, Model, forms.ModelForm[Model]]
    AnyModelChoiceField = forms.ModelChoiceField[Model]
    AnyModelMultipleChoiceField = forms.ModelMultipleChoiceField[Model]
else:
    Fieldset = tuple
    AnyModelAdmin = admin.ModelAdmin
    AnyStackedInline = admin.StackedInline
    AnyModelForm = forms.ModelForm
    AnyInlineFormSet = BaseInlineFormSet
    AnyModelChoiceField = forms.ModelChoiceField
    AnyModelMultipleChoiceField = forms.ModelMultipleChoiceField
