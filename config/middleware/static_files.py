"""Hand static files over to the server in one piece."""

from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseBase

from config.middleware.request_id import GetResponse


class WholeFilesMiddleware:
    """Must come before WhiteNoise, which returns files as streams.

    A stream occupies a thread for as long as the client reads it. The server sends a response of
    one piece by itself. The largest static file has 2 MB.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        return read_file(response) if isinstance(response, FileResponse) else response


def read_file(response: FileResponse) -> HttpResponse:
    """Return the same response with its content in memory, and close the file."""
    whole = HttpResponse(response.getvalue(), status=response.status_code)
    if response.file_to_stream is not None:
        response.file_to_stream.close()
    whole.headers = response.headers
    return whole
