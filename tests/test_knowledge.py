"""The knowledge pack: complete, cross-checked, and clear about what is wrong with an overlay."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from copilot.errors import KnowledgeError
from copilot.knowledge import Knowledge, load_knowledge
from copilot.knowledge.pack import DIMENSIONS


def write(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def test_nine_dimensions_thirty_aspects_and_four_criteria_each(knowledge: Knowledge) -> None:
    assert tuple(d.id for d in knowledge.dimensions) == DIMENSIONS
    assert len(knowledge.aspects) == 30
    assert all(len(aspect.criteria) >= 4 for aspect in knowledge.aspects.values())
    assert len(knowledge.technologies) >= 150


def test_aspect_ids_are_those_of_the_annotation_guide(
    knowledge: Knowledge, benchmark: Path
) -> None:
    guide = (benchmark / "GUIDE.md").read_text(encoding="utf-8")
    assert list(knowledge.aspects) == re.findall(r"^- `([a-z]+\.[a-z-]+)` —", guide, re.M)


def test_every_source_is_used_and_has_an_address(knowledge: Knowledge) -> None:
    used = {ref.split("#")[0] for c in knowledge.criteria.values() for ref in c.sources}
    used.add("nist-800-30")  # the table of copilot/review/severity.py
    assert {source.id for source in knowledge.sources} == used
    assert all(source.url.startswith("https://") for source in knowledge.sources)


def test_technology_names_are_unambiguous(knowledge: Knowledge) -> None:
    names: dict[str, str] = {}
    for technology in knowledge.technologies:
        for name in {technology.name.casefold(), *(a.casefold() for a in technology.aliases)}:
            assert names.setdefault(name, technology.id) == technology.id, name


def test_an_overlay_overrides_adds_and_disables(knowledge: Knowledge, tmp_path: Path) -> None:
    aspect = knowledge.aspects["risk.scalability"]
    first, second = aspect.criteria[:2]
    new = first.model_dump(mode="json") | {"id": "risk.scalability.our-own"}
    import json

    write(
        tmp_path,
        "dimensions/risk.yaml",
        f"""id: risk
aspects:
  - id: risk.scalability
    criteria:
      - id: {first.id}
        impact: very_low
      - id: {second.id}
        disable: true
      - {json.dumps(new)}
  - id: risk.latency-throughput
    disable: true
""",
    )
    ours = load_knowledge([tmp_path])
    assert ours.criteria[first.id].impact == "very_low"
    assert ours.criteria[first.id].statement == first.statement
    assert second.id not in ours.criteria
    assert "risk.scalability.our-own" in ours.criteria
    assert ours.aspects["risk.latency-throughput"].disabled
    assert len(ours.aspects) == 30
    assert ours.digest != knowledge.digest


@pytest.mark.parametrize(
    ("name", "text", "line", "says"),
    [
        ("dimensions/risk.yaml", "id: risk\naspects: [\n", 3, "not valid YAML"),
        ("dimensions/risk.yaml", "id: risk\nid: risk\n", 2, "given twice"),
        ("dimensions/x.yaml", "title: x\nid: speed\n", 2, "unknown dimension"),
        ("dimensions/risk.yaml", "id: risk\nquestion: [1]\n", 2, "question"),
        ("dimensions/risk.yaml", "id: risk\ncolour: red\n", 2, "colour"),
        (
            "dimensions/risk.yaml",
            "id: risk\naspects:\n  - id: risk.scalability\n    criteria:\n"
            "      - id: risk.scalability.x\n        disable: true\n",
            5,
            "cannot disable",
        ),
        (
            "dimensions/risk.yaml",
            "id: risk\naspects:\n  - id: risk.speed\n    title: Speed\n",
            3,
            "unknown aspect",
        ),
        (
            "dimensions/risk.yaml",
            "id: risk\naspects:\n  - id: risk.scalability\n    criteria:\n"
            "      - id: risk.scalability.x\n        statement: only this\n",
            5,
            "addressed",
        ),
        ("technologies.yaml", "tools: []\n", 1, "no list `technologies`"),
        ("sources.yaml", "sources:\n  - title: no id\n", 2, "without `id`"),
        (
            "technologies.yaml",
            "technologies:\n  - id: ours\n    name: Ours\n    kind: serving\n"
            "    evidence_for: [a.b]\n",
            2,
            "'a.b' does not resolve",
        ),
    ],
)
def test_a_bad_overlay_is_refused_with_file_and_line(
    tmp_path: Path, name: str, text: str, line: int, says: str
) -> None:
    path = write(tmp_path, name, text)
    with pytest.raises(KnowledgeError) as caught:
        load_knowledge([tmp_path])
    assert str(caught.value).startswith(f"{path}:{line}: ")
    assert says in str(caught.value)


def test_an_empty_or_absent_overlay_is_refused(tmp_path: Path) -> None:
    with pytest.raises(KnowledgeError, match="holds no knowledge"):
        load_knowledge([tmp_path])
    with pytest.raises(KnowledgeError, match="no such folder"):
        load_knowledge([tmp_path / "absent"])
