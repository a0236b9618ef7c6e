"""The app's configuration, and the admin with this app's site."""

from django.apps import AppConfig
from django.contrib.admin import apps as admin


class DeskConfig(AppConfig):
    name = "desk"
    default = True


class DeskSiteConfig(admin.AdminConfig):
    default = False
    default_site = "desk.site.Desk"
