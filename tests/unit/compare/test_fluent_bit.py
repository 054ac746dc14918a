"""The project's own check of the files for Fluent Bit finds what is wrong with them."""

from __future__ import annotations

import pytest

from ecs2k8s.compare.fluent_bit import problems

GOOD = """\
[FILTER]
    Name         rewrite_tag
    Match_Regex  ^a-[0-9]{2}
    Rule         $log ^ b.$TAG false
    Emitter_Name b

[OUTPUT]
    Name  loki
    Match b.*
    host  ${LOKI_HOST}
    labels a=b

[MULTILINE_PARSER]
    name  c
    type  regex
    rule  "start_state" "/^[0-9]/" "cont"
    rule  "cont" "/^(?!.*(?:^[0-9]))/" "cont"
"""


def test_a_good_file_has_no_problems() -> None:
    assert problems(GOOD) == []


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("[OUTPUT]", "[OUTPT]", "no such section"),
        ("    Name  loki\n", "", "no name"),
        ("    Match b.*\n", "", "neither or both of Match and Match_Regex"),
        ("    Match b.*\n", "    Match b.*\n    Match_Regex b\n", "neither or both"),
        ("^a-[0-9]{2}", "^a-[0-9", "no regular expression"),
        ("    host  ${LOKI_HOST}\n", "", "no host"),
        ("    host  ${LOKI_HOST}\n", "    host\n", "line 10 is no section and no setting"),
        ("    host  ", "host  ", "line 10 is no section"),
        ("labels a=b", "labels a=b\n    labels c=d", "labels stands twice"),
        ('"start_state"', '"first"', "no rule of the first line"),
        ('"/^[0-9]/"', '"^[0-9]"', "no rule"),
        ('"/^[0-9]/"', '"/^[0-9/"', "no rule"),
        (
            "[OUTPUT]",
            "[FILTER]\n    Name rewrite_tag\n    Match b\n    Rule a b c d\n    Emitter_Name b\n\n[OUTPUT]",
            "two",
        ),
    ],
)
def test_what_is_wrong_is_found(old: str, new: str, said: str) -> None:
    assert said in "\n".join(problems(GOOD.replace(old, new, 1)))
