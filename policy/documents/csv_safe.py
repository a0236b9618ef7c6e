"""Escapes cells that a spreadsheet would take for formulas."""

FORMULA_PREFIXES = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def escape_formula(value: str) -> str:
    """Return a cell with an apostrophe in front if a spreadsheet would take it for a formula."""
    return f"'{value}" if value.lstrip("'").startswith(FORMULA_PREFIXES) else value


def unescape_formula(cell: str) -> str:
    """Return a cell without the apostrophe that `escape_formula` added."""
    return cell[1:] if cell.startswith("'") and escape_formula(cell) != cell else cell
