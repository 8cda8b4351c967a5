"""The HTML page in a real browser: accessible, deaf to its document, and pointing at the text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from browser import Opened, chromium
from build import make_document, make_review, make_row

from copilot.documents.locate import Locator
from copilot.knowledge import Knowledge
from copilot.reports.page import render_html
from copilot.reports.page.text import cut
from copilot.schema import Citation, Document, Nearest, Review, Searched, Status

if TYPE_CHECKING:
    from playwright.sync_api import Browser

HOSTILE = (
    "<script>alert('one')</script> <img src=x onerror=alert('two')> </script></style></title>"
    "]]> <!-- --> {{7*7}} {% raw %} ${7*7} \"' onmouseover=alert(3) x=' "
    "<svg onload=alert(4)> <iframe src=//evil.example></iframe> javascript:alert(5) "
    "\x1b[31m \u202egnp \x00"
)
FIRST = "three replicas run in two zones behind one balancer"
OVERLAP = "two zones behind one balancer, and each replica keeps a copy of the model"
TEXT = (
    f"# {HOSTILE}\n\nThe {FIRST}, and each replica keeps a copy\nof the model.\n\n"
    f"{HOSTILE}\n\n" + "\n\n".join(f"Paragraph {n} says nothing." for n in range(150)) + "\n\n"
    "The last line is cited as well.\n"
)


def cite(document: Document, quote: str) -> Citation:
    """The verified citation of a quote, line breaks aside."""
    found = re.search(re.escape(quote).replace(r"\ ", r"\s+"), document.text)
    assert found
    first, last = Locator(document).lines(*found.span())
    return Citation(
        quote=found.group(),
        file=document.path,
        start=found.start(),
        end=found.end(),
        line_start=first,
        line_end=last,
        heading=(HOSTILE,),
        verified=True,
    )


@pytest.fixture(scope="module")
def document() -> Document:
    return make_document(TEXT).model_copy(update={"title": HOSTILE})


@pytest.fixture(scope="module")
def review(document: Document, knowledge: Knowledge) -> Review:
    near = Nearest(
        passage="p1", file=document.path, line_start=20, line_end=22, heading=(), score=1,
        similarity=0.3,
    )  # fmt: skip
    searched = Searched(queries=(HOSTILE, "encryption"), nearest=(near,), share_read=1)
    rejected = Citation(quote=HOSTILE, verified=False)
    rows = {
        "security.encryption": make_row("security.encryption", Status.MISSING, searched=searched),
        "resources.cost": make_row(
            "resources.cost", Status.PARTIAL, cite(document, FIRST), rationale=HOSTILE
        ),
        "risk.reliability": make_row(
            "risk.reliability", Status.PARTIAL, cite(document, OVERLAP), rejected
        ),
        "risk.scalability": make_row(
            "risk.scalability", Status.PARTIAL, cite(document, "The last line is cited as well.")
        ),
        "alignment.business-goals": make_row("alignment.business-goals", Status.UNJUDGED),
    }
    rows = {aspect: row for aspect, row in rows.items() if aspect in knowledge.aspects}
    made = make_review(knowledge, rows, title=HOSTILE)
    info = made.document.model_copy(update={"digest": document.digest, "path": HOSTILE})
    return made.model_copy(update={"document": info, "notes": (HOSTILE,)})


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as opened:
        yield opened


@pytest.fixture(scope="module")
def page_file(
    review: Review,
    document: Document,
    knowledge: Knowledge,
    tmp_path_factory: pytest.TempPathFactory,
) -> Path:
    path = tmp_path_factory.mktemp("page") / "report.html"
    path.write_text(render_html(review, knowledge, document), "utf-8")
    return path


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_in_either_colour_scheme(
    browser: Browser, page_file: Path, scheme: str
) -> None:
    from axe_playwright_python.sync_playwright import Axe

    opened = Opened(
        browser,
        page_file,
        color_scheme=scheme,
        bypass_csp=True,
        viewport={"width": 400 if scheme == "dark" else 1400, "height": 900},
    )
    opened.page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    results = Axe().run(opened.page)
    said = [
        (v["id"], node["target"], node.get("failureSummary"))
        for v in results.response["violations"]
        for node in v["nodes"]
    ]
    assert said == []
    opened.context.close()


def test_a_hostile_document_does_nothing_and_is_shown_as_it_is(
    browser: Browser, page_file: Path
) -> None:
    opened = Opened(browser, page_file)
    page = opened.page
    page.wait_for_timeout(200)
    for link in page.locator(".finding .quote a[data-cite]").all():
        link.click()
    assert opened.surprises == []
    assert "{{7*7}}" in page.locator("h1").inner_text()
    assert "49" not in page.locator("h1").inner_text()
    assert "<script>alert('one')</script>" in (page.locator(".text").text_content() or "")
    assert page.locator("img, iframe, object, embed, link").count() == 0
    assert page.locator("script").count() == 1
    assert page.evaluate("document.querySelectorAll('svg[onload], [onerror], [style]').length") == 0
    source = page_file.read_text("utf-8")
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e]", source)
    opened.context.close()


def test_the_policy_stops_a_script_that_escaping_let_through(
    browser: Browser, page_file: Path, tmp_path: Path
) -> None:
    """The second line of defence: were a hole found, the browser would refuse to run it."""
    path = tmp_path / "holed.html"
    hole = "<script>document.title = 'run'</script><img src='http://127.0.0.1:9/x'>"
    path.write_text(page_file.read_text("utf-8").replace("<main>", f"<main>{hole}"), "utf-8")
    opened = Opened(browser, path)
    assert opened.page.title() != "run"
    blocked = [said for said in opened.surprises if "Content Security Policy" in said]
    assert len(blocked) == 2
    opened.context.close()


def test_a_click_on_a_citation_marks_its_text_and_no_other(
    browser: Browser, page_file: Path, review: Review
) -> None:
    opened = Opened(browser, page_file)
    page = opened.page
    cited = [f for f in review.findings if any(c.verified for c in f.citations)]
    assert len(cited) >= 3
    for finding in cited:
        (citation,) = (c for c in finding.citations if c.verified)
        link = page.locator(f"#f-{finding.fingerprint} .quote a[data-cite]")
        link.click()
        marked = page.locator("mark.active").evaluate_all("all => all.map(m => m.textContent)")
        assert "".join(marked) == citation.quote.replace("\n", "")
        assert page.evaluate("document.activeElement.classList.contains('active')")
        box = page.locator("mark.active").first.bounding_box()
        assert box
        assert 0 <= box["y"] <= page.viewport_size["height"]  # type: ignore[index]
    opened.context.close()


def test_the_keyboard_alone_goes_from_finding_to_text_and_back(
    browser: Browser, page_file: Path
) -> None:
    opened = Opened(browser, page_file)
    page = opened.page
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "findings"
    for _ in range(80):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.matches('.quote a[data-cite]')"):
            break
    link = page.evaluate("document.activeElement.dataset.cite")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.tagName") == "MARK"
    assert link in page.evaluate("document.activeElement.dataset.c").split()
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.dataset.cite") == link
    assert page.locator("mark.active").count() == 0
    opened.context.close()


def test_filters_leave_what_they_name(browser: Browser, page_file: Path, review: Review) -> None:
    opened = Opened(browser, page_file)
    page = opened.page
    total, worst = len(review.findings), review.findings[0].severity
    shown = page.locator(".finding:visible")
    assert shown.count() == total
    page.locator(f"#sev-{worst.value}").uncheck()
    left = [f for f in review.findings if f.severity is not worst]
    assert shown.count() == len(left) < total
    assert page.locator("#shown").inner_text() == f"{len(left)} of {total} findings shown"
    page.get_by_role("button", name="Show all").click()
    page.locator("#dimension").select_option("resources")
    assert shown.count() == sum(f.dimension == "resources" for f in review.findings)
    page.get_by_role("button", name="Show all").click()
    page.locator("#text").fill(review.findings[-1].fingerprint)
    assert shown.count() == 1
    opened.context.close()


def test_without_script_everything_is_there_and_links_and_filters_work(
    browser: Browser, page_file: Path, review: Review
) -> None:
    opened = Opened(browser, page_file, java_script_enabled=False)
    page = opened.page
    assert page.locator(".finding:visible").count() == len(review.findings)
    assert not page.locator("#text").is_visible()
    severity = review.findings[0].severity
    page.locator(f"#sev-{severity.value}").uncheck()
    assert page.locator(f'.finding[data-severity="{severity.value}"]:visible').count() == 0
    href = page.locator(".finding:visible .quote a[data-cite]").first.get_attribute("href")
    page.locator(f'.finding:visible a[href="{href}"]').first.click()
    assert page.url.endswith(str(href))
    assert page.locator(f"mark:has({href})").is_visible()
    opened.context.close()


def test_paper_holds_every_finding_and_no_controls(
    browser: Browser, page_file: Path, review: Review
) -> None:
    opened = Opened(browser, page_file)
    opened.page.emulate_media(media="print")
    assert opened.page.locator(".finding:visible").count() == len(review.findings)
    assert opened.page.locator(".filters:visible, nav:visible, #document:visible").count() == 0
    assert opened.page.pdf().startswith(b"%PDF")
    opened.context.close()


def test_two_megabytes_of_document_are_shown_and_found(
    browser: Browser, knowledge: Knowledge, tmp_path: Path
) -> None:
    last = "The needle stands at the very end of it."
    text = "".join(f"Line {n} of a long design that goes on and on.\n" for n in range(43_000))
    document = make_document(text + last)
    row = make_row("resources.cost", Status.PARTIAL, cite(document, last))
    path = tmp_path / "large.html"
    review = make_review(knowledge, {"resources.cost": row})
    path.write_text(render_html(review, knowledge, document), "utf-8")
    opened = Opened(browser, path)
    opened.page.locator(".finding .quote a[data-cite]").first.click()
    marked = opened.page.locator("mark.active")
    assert marked.inner_text() == last
    opened.page.wait_for_timeout(200)
    box = marked.bounding_box()
    assert box
    assert 0 <= box["y"] <= 720
    assert opened.surprises == []
    opened.context.close()


def test_without_the_document_the_page_says_so(review: Review, knowledge: Knowledge) -> None:
    page = render_html(review, knowledge, None)
    assert "text is not part of this report" in page
    assert "data-cite=" not in page.split("<script>")[0]


def test_a_quote_that_the_document_does_not_hold_there_is_not_linked(
    knowledge: Knowledge,
) -> None:
    document = make_document("Nothing of the kind.\n")
    wild = Citation(quote="three", start=10**9, end=10**9 + 5, line_start=1, verified=True)
    row = make_row("resources.cost", Status.PARTIAL, wild)
    page = render_html(make_review(knowledge, {"resources.cost": row}), knowledge, document)
    assert "data-cite=" not in page.split("<script>")[0]


def test_overlapping_spans_are_cut_where_one_starts_or_ends() -> None:
    pieces = cut({1: (0, 10), 2: (5, 15), 3: (5, 7), 4: (20, 21)})
    assert [(p.start, p.end, p.spans, p.first) for p in pieces] == [
        (0, 5, (1,), (1,)),
        (5, 7, (1, 2, 3), (2, 3)),
        (7, 10, (1, 2), ()),
        (10, 15, (2,), ()),
        (20, 21, (4,), (4,)),
    ]


def test_the_same_review_gives_the_same_page(
    review: Review, document: Document, knowledge: Knowledge
) -> None:
    assert render_html(review, knowledge, document) == render_html(review, knowledge, document)
