"""A client of the real site that can sign in."""

from urllib.parse import urlencode

from prove.embedded_site import ADMIN_PASSWORD
from tests.admin_pages import PageForm


class Visitor:
    """A client that keeps its cookies."""

    def __init__(self, site):
        self.site, self.cookies = site, {}

    def request(self, path, method="GET", body=None, **headers):
        host = f"127.0.0.1:{self.site.port}"
        cookies = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        headers |= {"Cookie": cookies, "Referer": f"https://{host}/", "Host": host}
        response = self.site.request(method, path, body, **headers)
        for line in response.headers.get_all("Set-Cookie") or ():
            name, _, value = line.partition(";")[0].partition("=")
            self.cookies[name] = value
        return response

    def get_form_data(self, path, **changes):
        return PageForm(self.request(path).body.decode()).values | changes

    def post(self, path, values):
        body = urlencode(values, doseq=True)
        return self.request(path, "POST", body, Content_Type="application/x-www-form-urlencoded")


def log_in_visitor(site, name):
    visitor, page = Visitor(site), "/admin/login/"
    form = visitor.get_form_data(page, username=name, password=ADMIN_PASSWORD)
    response = visitor.post(page, form)
    assert (response.status, response.headers["Location"]) == (302, "/admin/")
    return visitor
