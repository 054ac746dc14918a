"""docs/machine-forms.md and docs/schemas/: what other programs may rely on."""

from __future__ import annotations

from typing import Any

import msgspec

from ecs2k8s.core.documents import canonical
from ecs2k8s.report.machine_forms import FORMS

DRAFT = "https://json-schema.org/draft/2020-12/schema"
MADE = "Made from ecs2k8s/report/machine_forms.py by `make update`; do not edit."
PAGE = """\
# Machine forms

<!-- {made} -->

Every JSON that this program writes has a schema (JSON Schema, draft 2020-12). The tests hold what the samples give
against them, and a new form without a schema fails there.

| Form | Written by | Schema |
|---|---|---|
{rows}

## What stays

- Within a major version forms only grow: a key may be added; none goes, and none changes its type or what it means.
  Readers should pass over keys that they do not know. The schemas are closed, because they are of one version.
- `format` or `schema` names the form and its major version; `report/findings.json` is a list and has none.
- Keys are sorted in files, lists have an order that is a function of the input, times are RFC 3339 in UTC, and there is
  no NaN. Amounts of money are decimals as text.
- Exit codes are in [diffs.md](diffs.md).

## Of others

`report/findings.sarif` is SARIF 2.1.0, `aws/template.yaml` CloudFormation; `aws/*/old.json`, `aws/*/new.json` and what
`ecs2k8s policy` prints are IAM policies. Their schemas are not ours.

## Code scanning

`report/findings.sarif` can be uploaded to GitHub code scanning as it is: each finding is an alert at the line of the
manifest that it is about. It has at most 5,000 results, errors first, and says how many it leaves out. Paths are
relative to the migration directory; where that is not the root of the repository, put it in front of them first:

    jq '.runs[].results[].locations[].physicalLocation.artifactLocation.uri |= "migration/" + .' \\
      migration/report/findings.sarif > findings.sarif

Fingerprints do not change with revisions of a task definition or with the place of an item in a list, so an alert that
was dismissed stays so.

## A comment on a pull request

`report/report.md` has at most 60,000 characters, and GitHub takes 65,536. Its first line is a comment,
`<!-- ecs2k8s report ACCOUNT/REGION -->`, by which a bot finds the comment that it made before, to update it. What does
not fit is counted in its section and stands in `report/everything.md`.
"""


def schema_of(name: str) -> dict[str, Any]:
    """The JSON Schema of a form."""
    form = FORMS[name]
    head = {"$schema": DRAFT, "$id": f"urn:ecs2k8s:schema:{name}:v1", "$comment": MADE, "title": form.where}
    return head | msgspec.json.schema(form.kind)


def schema_pages() -> dict[str, str]:
    """File name below docs/ to text."""
    found = {f"schemas/{name}.schema.json": canonical(schema_of(name)).decode() for name in FORMS}
    rows = "\n".join(
        f"| {name} | `{form.where}` | [{name}.schema.json](schemas/{name}.schema.json) |"
        for name, form in FORMS.items()
    )
    return found | {"machine-forms.md": PAGE.format(made=MADE, rows=rows)}
