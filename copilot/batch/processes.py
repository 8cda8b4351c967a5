"""How worker processes come to be: forked, where that is safe, from a server that is ready to work.

The server imports and builds once what every worker needs (`preload.py`), so a worker starts at
once and shares that memory with the others. Elsewhere each worker imports it for itself.
"""

from __future__ import annotations

import multiprocessing
import sys
from multiprocessing.context import BaseContext

ONE_THREAD = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "RAYON_NUM_THREADS": "1",
    "TOKENIZERS_PARALLELISM": "false",
}
"""A process per core needs no threads besides: with them a review took a fifth longer.

numpy reads them when it is imported, so they must be set before."""

_FORKS = sys.platform == "linux"
"""macOS's own libraries do not survive a fork, and Windows has none."""


def context() -> BaseContext:
    """The way that processes are started in."""
    if not _FORKS:
        return multiprocessing.get_context("spawn")
    server = multiprocessing.get_context("forkserver")
    server.set_forkserver_preload(["copilot.batch.preload"])
    return server


def begin() -> None:
    """Start the server, so that it gets ready while this process does something else."""
    if _FORKS:
        from multiprocessing import forkserver

        context()
        forkserver.ensure_running()
