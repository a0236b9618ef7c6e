from django.contrib import admin
from django.urls import include, path

from config.health import livez, readyz
from web.views.problems import problem

urlpatterns = [
    path("livez", livez),
    path("readyz", readyz),
    path("admin/", admin.site.urls),
    path("api/problems/<slug:kind>/", problem),
    path("api/", include("api.urls")),
    path("", include("web.urls")),
]
handler400 = "web.views.frame.bad_request"
handler404 = "web.views.frame.not_found"
handler500 = "config.trouble.broken"
