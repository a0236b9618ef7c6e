"""Tests of promises that take long. `make prove` runs them at full length, pytest shorter."""

import os

RUN_LONG_PROOFS = bool(os.environ.get("PROVE"))
