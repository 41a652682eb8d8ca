"""Words around numbers."""


def counted(number: int, singular: str, plural: str = "") -> str:
    """Return a number with its noun.

    >>> counted(1, "row"), counted(2, "row"), counted(2, "vertebra", "vertebrae")
    ('1 row', '2 rows', '2 vertebrae')
    """
    return f"{number} {singular if number == 1 else plural or singular + 's'}"
