"""The trail: every deed is a row, and each row's hash covers the row before."""

import hashlib
from collections.abc import Iterator
from typing import Any

from django.contrib.auth.models import User
from django.db import connection

from policy.differences import differences
from policy.document import Document, draft
from policy.models import Deed, Record

Told = tuple[str, Record | None, Document]  # what was done, to which record, and its detail
LONGEST = 500  # characters of a value in the trail
START = "0" * 64
CHAIN = """
SELECT id, previous, hash, jsonb_build_array(
    id, to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US'), by_id,
    kind, "row", record, what, detail, previous)::text
FROM policy_deed ORDER BY id
"""


def write(what: str, record: Record | None = None, by: User | None = None, **detail: Any) -> Deed:
    return write_all([(what, record, detail)], by)[0]


def write_all(deeds: list[Told], by: User | None) -> list[Deed]:
    """Deeds of one person at one time. The database numbers, dates and chains them."""
    return Deed.objects.bulk_create(
        Deed(
            by=by,
            what=what,
            kind=record.KIND if record else "",
            row=record.pk if record else None,
            record=record.slug if record else "",
            detail=detail,
        )
        for what, record, detail in deeds
    )


def asserted(record: Record) -> Document:
    """What a record asserts, read anew."""
    return draft(type(record)._default_manager.get(pk=record.pk))


def sign(record: Record, by: User, before: Document | None = None) -> bool:
    """Let `by` answer for what a record asserts now, if that differs from what it did.

    `before` is what `asserted` said before the edit; None for a record that is new. A save that
    changes nothing signs nothing: it would hide who wrote what stands there.
    """
    after = asserted(record)
    if after == before:
        return False
    record.edited_by = by
    record.save(update_fields=["edited_by", "edited_at"])
    if before is None:
        write("created", record, by)
    else:
        edited(record, by, changes=changes(before, after))
    return True


def edited(record: Record, by: User, **found: Any) -> Deed:
    return write("edited", record, by, **detail(record, **found))


def detail(record: Record, **found: Any) -> Document:
    """Of an edit: which saving it made, and what that changed."""
    return {"edition": record.edited_at.isoformat(), **found}


def changes(before: Document, after: Document) -> list[list[str | None]]:
    """[field, before, after] of every value that differs; none where only the order does."""
    found = differences(before, after)
    return [[row.field, shortened(row.before), shortened(row.after)] for row in found]


def shortened(value: str | None) -> str | None:
    return value if value is None or len(value) <= LONGEST else value[: LONGEST - 1] + "…"


def of(record: Record) -> Any:
    """The deeds about a record, the last one first."""
    deeds = Deed.objects.filter(kind=record.KIND, row=record.pk)
    return deeds.select_related("by").order_by("-pk")


def faults() -> Iterator[str]:
    """What is wrong with the trail, in its order. Computed here, not by the database."""
    number, last = 0, START
    with connection.cursor() as cursor:
        cursor.execute(CHAIN)
        while rows := cursor.fetchmany(5000):
            for id, previous, stated, text in rows:
                number += 1
                if id != number:
                    yield f"Deed {number} is missing."
                elif previous != last:
                    yield f"Deed {id} does not follow the deed before it."
                elif hashlib.sha256(text.encode()).hexdigest() != stated:
                    yield f"Deed {id} was changed."
                number, last = id, stated
