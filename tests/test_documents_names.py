"""Names in a text: whole words, the longest at each place, none within another."""

from __future__ import annotations

import pytest

from copilot.documents.names import NameFinder


@pytest.mark.parametrize(
    ("names", "text", "found"),
    [
        (
            ["ray", "ray serve"],
            "ray serve on ray, in an array of x-ray",
            ["ray serve", "ray", "ray"],
        ),
        (["amazon s3", "s3"], "amazon s3 and s3; amazon s30", ["amazon s3", "s3"]),
        (["s3", "amazon"], "amazon s3", ["amazon", "s3"]),
        (["c++", "c"], "c++ and c, not c2", ["c++", "c"]),
        (["k8s"], "K8s, k8sfoo, _k8s_, k8s", ["k8s", "k8s"]),
        ([".net", "net"], "asp .net, net", [".net", "net"]),  # a name that begins with a sign
        (["aa"], "aaa aa", ["aa"]),
        ([], "nothing", []),
    ],
)
def test_names_are_found_as_whole_words(names: list[str], text: str, found: list[str]) -> None:
    assert NameFinder(names).find(text) == found
