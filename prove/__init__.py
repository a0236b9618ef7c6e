"""The promises that take time to prove: run long by `make prove`, short by pytest alone."""

import os

LONG = bool(os.environ.get("PROVE"))
