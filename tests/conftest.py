"""What every test shares: how hypothesis runs, and what an absent tool means."""

import os
from collections.abc import Callable

import pytest
from hypothesis import settings

settings.register_profile("default", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True)
settings.register_profile("soak", deadline=None, max_examples=3_000)
settings.load_profile("ci" if os.environ.get("CI") else "default")

Require = Callable[[str | None, str], str]


@pytest.fixture(scope="session")
def require() -> Require:
    """Return `require(found, what)`: it gives back `found`, or skips because `what` is absent.

    With KYPHORT_REQUIRE_ALL=1 an absent tool fails the test, so that nothing is skipped unseen:
    `chromium = require(shutil.which("chromium"), "Chromium (apt install chromium)")`.
    """
    absent = pytest.fail if os.environ.get("KYPHORT_REQUIRE_ALL") == "1" else pytest.skip

    def found_or_stop(found: str | None, what: str) -> str:
        if not found:
            absent(f"{what} is not on this machine")
        return str(found)

    return found_or_stop
