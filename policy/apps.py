"""The Django app `policy`: the dataset of policy events."""

from django.apps import AppConfig


class PolicyConfig(AppConfig):
    name = "policy"
    verbose_name = "Policy events"
