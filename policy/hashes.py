"""SHA-256 hashes as hexadecimal text."""

import hashlib


def sha256_hex(data: str | bytes) -> str:
    """Return the SHA-256 of bytes, or of a text in UTF-8, as 64 lower-case hexadecimal digits."""
    return hashlib.sha256(data.encode() if isinstance(data, str) else data).hexdigest()
