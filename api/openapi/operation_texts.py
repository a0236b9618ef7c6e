"""The texts of operations and response headers in the OpenAPI file."""

from api.query import aggregate

EXPORT_HEADERS = {
    "Row-Count": "For exports: the number of rows. If the export has fewer rows, the download was "
    "truncated.",
}
VALIDATOR_HEADERS = {
    "Dataset-Version": "The version of the dataset that the response shows.",
    "ETag": "The validator of this response. Send it back as If-None-Match.",
    "Last-Modified": "When the dataset last changed. Missing until that second has passed.",
}
SUMMARIES = {
    "list": "List {plural}",
    "count": "Count the {plural} in a list",
    "aggregate": "Count {plural} by one or two fields",
    "retrieve": "Get one {singular}",
    "revisions": "List the revisions of one {singular}",
    "diff": "Compare two revisions of one {singular}",
    "revision": "Get one revision of one {singular}",
    "index": "Get the index of the dataset",
    "head": "Get the version of the dataset",
}
OPERATION_DESCRIPTIONS = {
    "list": "All pages show the same version of the dataset. If you follow `next`, you get every "
    "row exactly once, even if records are published meanwhile. Unknown parameters are an error.",
    "changes_list": "Every publication, withdrawal, merge and takedown, the oldest first. To keep "
    "a copy up to date, apply the changes in this order. Store `meta.version` and pass it as "
    "`after` the next time. All pages end at the version at which the first page was requested: "
    "`meta.version`.",
    "count": "The exact number of records for the same filters as in the list.",
    "aggregate": "Takes the same filters as the list and counts the same records. A list "
    "that is filtered by the keys of a group has as many rows. For jurisdiction, activity and "
    "type, use `jurisdiction_exactly`, `activity_exactly` and `type_exactly`. "
    f"{aggregate.AGGREGATE_NOTE} There can be at most {aggregate.MAX_GROUPS} groups.",
    "retrieve": "A withdrawn record returns 410 with the reason. A merged record redirects to the "
    "record that replaces it. A record that was taken down for a legal reason returns 451, and so "
    "do its past revisions.",
    "revisions": "Every publication, withdrawal, merge and takedown of the record, each with the "
    "digest of its document.",
    "diff": "Compares field by field, without the fields that publishing adds. A withdrawal or "
    "merge has no content and cannot be compared.",
    "revision": "The document exactly as it was published. The header `Repr-Digest` has its "
    "SHA-256 digest.",
    "index": "Start here.",
    "head": "The version of the dataset, and the full seal of its last revision, which names the "
    "whole history. Two instances with the same seal have the same history.",
}
