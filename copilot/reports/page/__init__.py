"""The review as one HTML file that needs nothing else: no network, no server, no fonts."""

from copilot.reports.page.render import render_html

__all__ = ["render_html"]
