"""Uploaded files that a form carries, in a hidden field, until the user confirms them."""

import base64
import binascii
import zlib


class UploadLostError(ValueError):
    """The hidden field does not hold an encoded file."""


def encode_upload(raw: bytes) -> str:
    """Return the file's bytes, compressed, in the URL-safe Base64 alphabet."""
    return base64.urlsafe_b64encode(zlib.compress(raw)).decode()


def decode_upload(encoded: str, max_bytes: int) -> bytes:
    """Return the first `max_bytes` bytes of an encoded file. Raise UploadLostError."""
    try:
        compressed = base64.b64decode(encoded.encode(), b"-_", validate=True)
        return zlib.decompressobj().decompress(compressed, max_bytes)
    except (binascii.Error, zlib.error, UnicodeEncodeError):
        raise UploadLostError from None


def file_size_error(limit: int) -> str:
    """Return the message for a file of more than `limit` bytes."""
    return f"The file is larger than {limit // 2**20} MB."
