"""The URLs of the whole site."""

from django.conf import settings
from django.urls import include, path

from api.http.fixed_page import fixed_page
from config.health import livez, readyz
from web.views.problems import problem

urlpatterns = [
    path("api/problems/<slug:kind>/", fixed_page(problem)),
    path("api/", include("api.urls")),
    path("livez", livez),
    path("readyz", readyz),
    path("", include("web.urls")),
]
if settings.DESK:
    from django.contrib import admin

    urlpatterns.insert(0, path(settings.ADMIN_PREFIX.removeprefix("/"), admin.site.urls))
handler400 = "web.views.rendering.bad_request"
handler404 = "web.views.rendering.page_not_found"
handler500 = "config.middleware.database_errors.handle_server_error"
