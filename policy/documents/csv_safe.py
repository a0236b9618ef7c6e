"""Cells that a spreadsheet takes for text, whatever they hold."""

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def guarded(value: str) -> str:
    """A spreadsheet takes such a cell for a formula unless an apostrophe stands before it."""
    return f"'{value}" if value.lstrip("'").startswith(FORMULA) else value


def unguarded(cell: str) -> str:
    """What was guarded."""
    return cell[1:] if cell.startswith("'") and guarded(cell) != cell else cell
