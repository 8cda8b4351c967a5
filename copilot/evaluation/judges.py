"""The judges that can be scored, by name, and the baselines beside them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from copilot.evaluation import baselines
from copilot.index.embedders import Vectors, local_embedder
from copilot.judges.protocol import Judge
from copilot.knowledge import Knowledge
from copilot.locations import bundled

NAMES = ("offline", "model", "keyword", "similarity", "most-frequent", "always-missing")
BASELINES = ("most-frequent", "always-missing", "keyword", "similarity")


def priors_file() -> Path:
    """Counts of the training labels; they come with the checkout, not with the wheel."""
    return bundled("evals") / "priors.json"


def make_judge(name: str, knowledge: Knowledge) -> Judge:
    """A new judge of this name; `model` is the one that ARCHREVIEW_MODEL and the like describe.

    Raises InputError for priors that cannot be read or a model that is not configured.
    """
    factories: dict[str, Callable[[], Judge]] = {
        "offline": lambda: _offline(knowledge),
        "model": lambda: _model(knowledge),
        "keyword": baselines.keyword,
        "similarity": lambda: baselines.similarity(knowledge, _embed),
        "most-frequent": lambda: baselines.most_frequent(
            baselines.read_priors(priors_file(), knowledge)
        ),
        "always-missing": baselines.always_missing,
    }
    return factories[name]()


def make_baselines(knowledge: Knowledge, scored: str) -> list[Judge]:
    """The baselines but the judge that is scored; without priors there is no most-frequent."""
    known = priors_file().is_file()
    names = [n for n in BASELINES if n != scored and (known or n != "most-frequent")]
    return [make_judge(name, knowledge) for name in names]


def _embed(texts: list[str]) -> Vectors:
    return local_embedder().embed(texts)


def _offline(knowledge: Knowledge) -> Judge:
    from copilot.judges.offline.judge import OfflineJudge
    from copilot.judges.offline.model import LearnedModel

    return OfflineJudge(knowledge, _embed, LearnedModel.load())


def _model(knowledge: Knowledge) -> Judge:
    from copilot.judges.model.setup import make_model_judge
    from copilot.settings import load_settings

    return make_model_judge(load_settings(), knowledge)
