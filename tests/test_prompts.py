from __future__ import annotations

from pathlib import Path

import pytest

from copilot.errors import KnowledgeError
from copilot.prompts import NAMES, load_prompts, read_prompt

GOOD = "---\nid: greet\nversion: 2\nvariables: [name]\n---\nHello {{name}}, {{ name }}.\n"


def test_the_bundled_prompts_are_complete_and_versioned() -> None:
    prompts = load_prompts()
    assert set(NAMES) <= set(prompts.versions)
    assert all(version >= 1 for version in prompts.versions.values())
    assert len(prompts.digest) == 64


def test_values_are_filled_in_and_never_looked_at_for_variables(tmp_path: Path) -> None:
    (tmp_path / "greet.md").write_text(GOOD)
    prompt = read_prompt(tmp_path / "greet.md")
    assert prompt.version == 2
    assert prompt.render(name="{{name}} \\1") == "Hello {{name}} \\1, {{name}} \\1."


@pytest.mark.parametrize("values", [{}, {"name": "a", "other": "b"}])
def test_values_must_be_exactly_the_variables(tmp_path: Path, values: dict[str, str]) -> None:
    (tmp_path / "greet.md").write_text(GOOD)
    with pytest.raises(KeyError, match="greet"):
        read_prompt(tmp_path / "greet.md").render(**values)


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("Hello", 1, "front matter"),
        ("---\nid: [\n---\nx", 2, "not YAML"),
        ("---\n- a\n---\nx", 2, "not a mapping"),
        (GOOD.replace("version: 2", "version: 0"), 3, "version"),
        (GOOD.replace("id: greet", "id: other"), 2, "file's name"),
        (GOOD.replace("[name]", "[]"), 6, "used but not declared"),
        (GOOD.replace("[name]", "[name, extra]"), 4, "declared but not used"),
        (GOOD.replace("version: 2", "version: 2\nauthor: me"), 4, "author"),
    ],
)
def test_an_invalid_prompt_is_told_with_its_line(
    tmp_path: Path, text: str, line: int, says: str
) -> None:
    path = tmp_path / "greet.md"
    path.write_text(text)
    with pytest.raises(KnowledgeError) as error:
        read_prompt(path)
    assert f"greet.md:{line}: " in str(error.value)
    assert says in str(error.value)


def test_a_missing_prompt_is_named(tmp_path: Path) -> None:
    with pytest.raises(KnowledgeError, match=r"system\.md: is missing"):
        load_prompts(tmp_path)
