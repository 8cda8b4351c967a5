"""What people decided, kept between reviews: one SQLite database in the workspace.

with Store.open(settings.workspace) as store:
    design = store.identity(path)
    store.reviews.save(path, review, text=document.text)
    store.triage.decide(design, findings, decision)
"""

from copilot.store.records import DesignSummary, ReviewSummary
from copilot.store.store import Store

__all__ = ["DesignSummary", "ReviewSummary", "Store"]
