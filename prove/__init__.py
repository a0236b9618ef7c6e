"""The promises that take time to prove: run long by `make prove`, short by pytest alone."""

import os

RUN_LONG_PROOFS = bool(os.environ.get("PROVE"))
