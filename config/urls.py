from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("admin/", admin.site.urls),
    path("api/", include("api.urls")),
    path("", include("web.urls")),
]
handler404 = "web.views.frame.not_found"
handler500 = "web.views.frame.broken"
