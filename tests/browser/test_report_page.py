"""The report in a real browser: nothing fetched, nothing cut off, everything named."""

import csv
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright
from pypdf import PdfReader

from kyphort.published import dataset_folder
from kyphort.workflows.reproduce import reproduce

Require = Callable[[str | None, str], str]


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return reproduce("bludau2020", tmp_path_factory.mktemp("page") / "out").folder / "report.html"


@pytest.fixture(scope="module")
def browser(require: Require) -> Iterator[Browser]:
    executable = require(shutil.which("chromium"), "Chromium (apt install chromium)")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(
            executable_path=executable, args=["--no-sandbox", "--disable-gpu"]
        )
        yield opened
        opened.close()


def opened_page(browser: Browser, report: Path, width: int) -> tuple[Page, list[str]]:
    page = browser.new_page(viewport={"width": width, "height": 900})
    noticed: list[str] = []
    page.on("request", lambda request: noticed.append(request.url))
    page.on("console", lambda message: noticed.append(message.text))
    page.on("pageerror", lambda error: noticed.append(str(error)))
    page.goto(report.as_uri())
    return page, noticed


@pytest.mark.parametrize("width", [1280, 390])
def test_nothing_is_fetched_and_nothing_overflows(
    browser: Browser, report: Path, width: int
) -> None:
    page, noticed = opened_page(browser, report, width)
    outside = [text for text in noticed if not text.startswith(("data:image/", "file://"))]
    assert outside == []
    assert [text for text in noticed if text.startswith("file://")] == [report.as_uri()]
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.close()


@pytest.mark.parametrize(("width", "drawn"), [(1280, "wide"), (390, "narrow")])
def test_every_figure_is_drawn_and_described(
    browser: Browser, report: Path, width: int, drawn: str
) -> None:
    page, _ = opened_page(browser, report, width)
    images = page.evaluate(
        "[...document.images].map(i => [i.naturalWidth, i.complete, i.alt.length, "
        "i.currentSrc === i.src])"
    )
    assert len(images) == 4
    for natural_width, complete, described, is_wide in images:
        assert complete
        assert natural_width > 100
        assert described > 40
        assert is_wide == (drawn == "wide")
    page.close()


def test_headings_tables_and_links_are_in_order(browser: Browser, report: Path) -> None:
    page, _ = opened_page(browser, report, 1280)
    assert page.evaluate("document.querySelectorAll('h1').length") == 1
    ids = page.evaluate("[...document.querySelectorAll('[id]')].map(e => e.id)")
    assert len(ids) == len(set(ids))
    names = page.evaluate(
        "[...document.querySelectorAll('table')].map(t => t.getAttribute('aria-labelledby'))"
    )
    targets = page.evaluate(
        "[...document.querySelectorAll('a')].map(a => a.getAttribute('href').slice(1))"
    )
    assert len(names) > 15
    assert set(names) | set(targets) <= set(ids)
    page.close()


def test_a_folded_table_opens(browser: Browser, report: Path) -> None:
    page, _ = opened_page(browser, report, 1280)
    row = page.locator("#table-printed_and_computed tbody tr").first
    assert not row.is_visible()
    page.locator("#table-printed_and_computed-details summary").click()
    assert row.is_visible()
    assert page.locator("#table-printed_and_computed tbody tr").count() == 143
    page.close()


def test_paper_shows_the_folded_tables_too(browser: Browser, report: Path, tmp_path: Path) -> None:
    page, _ = opened_page(browser, report, 1280)
    page.pdf(path=tmp_path / "report.pdf", prefer_css_page_size=True)
    page.close()
    text = "\n".join(one.extract_text() for one in PdfReader(tmp_path / "report.pdf").pages)
    file = dataset_folder("bludau2020").parent / "reconstructed" / "cohort_vertebrae.csv"
    with file.open(newline="", encoding="utf-8") as lines:
        recurred = [row for row in csv.DictReader(lines) if row["local_recurrence"] == "1"]
    assert len(recurred) == 10
    for row in recurred:
        assert f"SYN-{row['patient']}-{row['vertebra']}" in text
    assert "not a medical device" in text
