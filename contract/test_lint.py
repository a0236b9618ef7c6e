"""The schema keeps the rules of the linters that its readers use."""

from contract.tools import HERE, SCHEMA, tool


def test_spectral_finds_nothing():
    tool("spectral", "lint", "--fail-severity=hint", "-r", HERE / "spectral.yaml", SCHEMA)


def test_redocly_finds_nothing():
    tool("redocly", "lint", "--config", HERE / "redocly.yaml", SCHEMA)
