"""Answers with the same 120 KB, whatever is asked: shows what the load generator can take."""

BODY = b'{"results":["' + b"x" * 120_000 + b'"]}'
HEADERS = [("Content-Type", "application/json"), ("Content-Length", str(len(BODY)))]


def application(environ, start_response):
    start_response("200 OK", HEADERS)
    return [BODY]
