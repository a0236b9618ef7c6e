"""A person in front of the real site."""

from urllib.parse import urlencode

from prove.machine import PASSWORD
from tests.desk import Form


class Visitor:
    """A browser that keeps its cookies."""

    def __init__(self, site):
        self.site, self.cookies = site, {}

    def ask(self, path, method="GET", body=None, **headers):
        host = f"127.0.0.1:{self.site.port}"
        cookies = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        headers |= {"Cookie": cookies, "Referer": f"https://{host}/", "Host": host}
        said = self.site.ask(method, path, body, **headers)
        for line in said.headers.get_all("Set-Cookie") or ():
            name, _, value = line.partition(";")[0].partition("=")
            self.cookies[name] = value
        return said

    def fill(self, path, **changes):
        return Form(self.ask(path).body.decode()).values | changes

    def send(self, path, values):
        body = urlencode(values, doseq=True)
        return self.ask(path, "POST", body, Content_Type="application/x-www-form-urlencoded")


def signed_in(site, name):
    visitor, page = Visitor(site), "/admin/login/"
    said = visitor.send(page, visitor.fill(page, username=name, password=PASSWORD))
    assert (said.status, said.headers["Location"]) == (302, "/admin/")
    return visitor
