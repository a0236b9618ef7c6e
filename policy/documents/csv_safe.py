"""Cells that a spreadsheet takes for text, whatever they hold."""

FORMULA_PREFIXES = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def escape_formula(value: str) -> str:
    """A spreadsheet takes such a cell for a formula unless an apostrophe stands before it."""
    return f"'{value}" if value.lstrip("'").startswith(FORMULA_PREFIXES) else value


def unescape_formula(cell: str) -> str:
    """What was guarded."""
    return cell[1:] if cell.startswith("'") and escape_formula(cell) != cell else cell
