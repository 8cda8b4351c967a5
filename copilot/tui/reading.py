"""From any screen to the text: the Review screen with a citation under the cursor."""

from __future__ import annotations

from typing import TYPE_CHECKING

from copilot.tui import citing

if TYPE_CHECKING:
    from copilot.tui.app import ArchReview
    from copilot.tui.citing import Cites


def show(app: ArchReview, cited: Cites) -> None:
    """Go to the first citation in the document of the open design, or to what came nearest."""
    app.run_worker(_show(app, cited), exclusive=True, group="show")


async def _show(app: ArchReview, cited: Cites) -> None:
    from copilot.tui.screens.review import ReviewPage

    await app.switch_mode("review")
    page = app.screen
    if not isinstance(page, ReviewPage):
        return
    found = citing.quotes(cited, page.text)
    if not found:
        app.notify("Nothing of it stands in the document.", timeout=4)
        return
    page.action_show("document")
    page.call_after_refresh(page.text.go_to, found[0])
