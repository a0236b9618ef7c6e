"""The real server is killed while people edit and publish over HTTP and datasets load.

What the desk said was saved or is public, is so after any kill, whole.
"""

import http.client
import re
import threading
import time
from contextlib import closing
from itertools import count

from django.contrib.auth.models import User

from policy import audit
from policy.models import Agency, AuditEvent, Revision
from prove import RUN_LONG_PROOFS, integrity
from prove.embedded_site import ADMIN_PASSWORD, Site, use_database, wait_until
from prove.test_crash import Worker, fresh, moment, quiet, started, torn_or_lost
from prove.visitor import log_in_visitor

KILLS = 50 if RUN_LONG_PROOFS else 3
SAYS = re.compile(r"web-(\d+) says this")
LOST = (OSError, http.client.HTTPException)  # the server is gone before it has answered


class Desk(threading.Thread):
    """One saves and another publishes, again and again; both note what they are told."""

    def __init__(self, site, pk):
        super().__init__(daemon=True)
        self.site, self.ending, self.odd = site, threading.Event(), []
        self.begun, self.saved, self.public = [], [], []
        self.people = [log_in_visitor(site, name) for name in ("editor", "chief")]
        self.page = f"/admin/policy/agency/{pk}"

    def run(self):
        for number in count(1):
            if self.ending.is_set():
                return
            self.begun.append(number)
            try:
                self.act(number)
            except LOST:
                self.wait()

    def act(self, number):
        editor, chief = self.people
        told = {"description": f"web-{number} says this."}
        for person, page, changes, done in (
            (editor, f"{self.page}/change/", told, self.saved),
            (chief, f"{self.page}/publish/", {"reason": "Again."}, self.public),
        ):
            said = person.post(page, person.get_form_data(page, **changes))
            if said.status != 302:
                self.odd.append((number, page, said.status, said.body[-2000:]))
                return
            done.append(number)

    def wait(self):
        while not self.ending.is_set() and not self.site.is_serving():
            time.sleep(0.01)

    def close(self):
        self.ending.set()
        self.join(30)


def numbers(texts):
    return [int(found[1]) for text in texts if (found := SAYS.search(text))]


def lost(desk, pk):
    """What was acknowledged and is not there, or is there twice or out of order."""
    agency = Agency.objects.get(pk=pk)
    rows = Revision.objects.of_record("agency", agency.slug).filter(event="revise")
    public = numbers(rows.values_list("document", flat=True))
    standing = max(numbers([agency.description]), default=0)
    audit_events = AuditEvent.objects.filter(kind="agency", row=pk, what="edited").order_by("id")
    edited = numbers(
        str(detail) for detail in audit_events.values_list("detail__changes__0__2", flat=True)
    )
    found = [("public", number) for number in desk.public if number not in public]
    found += [("saved", number) for number in desk.saved if number > standing]
    found += [("audit event", number) for number in desk.saved if number not in edited]
    if public != sorted(set(public)) or not set(public) <= set(desk.begun):
        found.append(("order", public))
    return found


def test_kills_of_the_server_lose_nothing_that_it_acknowledged(
    cluster, tmp_path, django_db_blocker, figure
):
    fresh(cluster)
    with use_database(cluster, django_db_blocker, "crash"):
        User.objects.create_superuser("editor", password=ADMIN_PASSWORD)
        pk = Agency.objects.order_by("slug").last().pk
    site = Site(cluster, tmp_path, database="crash")
    site.start()
    try:
        with (
            closing(Desk(site, pk)) as desk,
            started(Worker(cluster.database_url("crash"), tmp_path)) as load,
        ):
            desk.start()
            for _ in range(KILLS):
                known = len(desk.public)
                load.go()
                wait_until(lambda known=known: len(desk.public) > known, "a publication")
                moment()
                site.kill()
                load.kill()
                wait_until(lambda: quiet(cluster), "the end of its sessions")
                with use_database(cluster, django_db_blocker, "crash"):
                    assert (lost(desk, pk), torn_or_lost(load), desk.odd) == ([], [], [])
                    assert (integrity.find_integrity_faults(), list(audit.audit_faults())) == (
                        [],
                        [],
                    )
                site.serve()
    finally:
        site.stop()
    assert len(desk.begun) > len(desk.public)  # else nobody was killed in the middle of anything
    figure(
        f"{KILLS} kills of the real server: {len(desk.saved)} acknowledged edits and "
        f"{len(desk.public)} acknowledged publications over HTTP, 0 lost; "
        f"{len(desk.begun) - len(desk.public)} cut short, 0 by half"
    )
