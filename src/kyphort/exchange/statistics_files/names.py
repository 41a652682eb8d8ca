"""Names of variables short enough for a format, and no two alike."""

from collections.abc import Sequence


def short_names(names: Sequence[str], size: int) -> dict[str, str]:
    """Return a name of at most `size` characters for each name: cut by words, then numbered.

    >>> short_names(["last_contact_date", "last_contact_data", "sex"], 8)
    {'last_contact_date': 'lascondt', 'last_contact_data': 'lascond2', 'sex': 'sex'}
    """
    found: dict[str, str] = {}
    taken: set[str] = set()
    for name in names:
        short = name if len(name) <= size else _shortened(name, size)
        number = 2
        while short.casefold() in taken:
            tail = str(number)
            short = _shortened(name, size)[: size - len(tail)] + tail
            number += 1
        taken.add(short.casefold())
        found[name] = short
    return found


def _shortened(name: str, size: int) -> str:
    """Return the beginnings of the words, the last one as its consonants: a date is `dt`."""
    *first, last = name.split("_")
    tail = {"date": "dt", "data": "dt"}.get(last, last[:2])
    if not first:
        return name[:size]
    share = max(1, (size - len(tail)) // len(first))
    return ("".join(word[:share] for word in first) + tail)[:size]
