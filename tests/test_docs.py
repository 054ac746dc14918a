"""Generated pages are current, and what people type works."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from ecs2k8s.core.findings import catalogue
from ecs2k8s.core.target import Target, choices
from ecs2k8s.cutover.aws.pages import pages as cutover_pages
from ecs2k8s.report.pages import pages
from tests.claims import CLAIMS

DOCS = Path(__file__).parent.parent / "docs"


PAGES = {**pages(), **cutover_pages()}


@pytest.mark.parametrize("name", sorted(PAGES))
def test_a_generated_page_is_current(name: str, update: bool) -> None:
    text = PAGES[name]
    if update:
        (DOCS / name).write_text(text, encoding="utf-8")
    assert (DOCS / name).read_text(encoding="utf-8") == text, "run `make update`"


README = Path(__file__).parent.parent / "README.md"


def block(lines: str) -> str:
    return "\n".join(f"    {line}".rstrip() for line in lines.rstrip().split("\n"))


def run(*args: str, cwd: Path) -> str:
    """stderr and stdout of a command as a person sees them."""
    environment = os.environ | {"PYTHONPATH": str(README.parent)}
    command = [sys.executable, "-m", "ecs2k8s", *args]
    done = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=True)
    return done.stderr + done.stdout


MARKET = (
    *("--set", "eks_cluster=market", "--set", "compute=karpenter", "--set", "autoscaling=keda"),
    *("--set", "monitoring=prometheus", "--set", "shift=weighted-dns", "--set", "rollouts=true"),
    *("--env-file", "arn:aws:s3:::market-config/payment.env=payment.env"),
)


def shown(command: tuple[str, ...]) -> str:
    """A command over several lines, a new one for each choice."""
    return "$ " + " ".join(f"\\\n    {word}" if word in ("--set", "--env-file", "-o") else word for word in command)


def by_hand(directory: Path) -> str:
    """What a person must do, one line for each kind of it, and how often; errors would stand there too."""
    findings = json.loads((directory / "report" / "findings.json").read_bytes())
    notes = sum(finding["severity"] == "note" for finding in findings)
    assert {finding["severity"] for finding in findings} == {"warning", "note"}
    lines = Counter(_line(finding) for finding in findings if finding["severity"] == "warning")
    listed = [f"| {count} | {line} |" for line, count in sorted(lines.items(), key=lambda item: item[0].lower())]
    head = f"No errors, {sum(lines.values())} warnings and {notes} notes. The warnings:\n\n| Places | What stays |\n|---:|---|\n"
    return head + "\n".join(listed)


def _line(finding: dict[str, str]) -> str:
    if finding["slug"] == "field-manual":
        return re.sub(r" \(\d+ more fields? like it\.\)", "", finding["message"])
    title: str = catalogue()[finding["slug"]].title
    return title


def readme_blocks(folder: Path) -> dict[str, str]:
    """What the README shows, made by the program itself."""
    demo = run("demo", cwd=folder)
    files = sorted(path.relative_to(folder) for path in (folder / "migration-demo").rglob("*") if path.is_file())
    shop = [f for f in files if "manifests/shop/" not in str(f) or "/backend/" in str(f) or "/shared/" in str(f)]
    explain = run("explain", "containerDefinitions[].ulimits[].softLimit", cwd=folder)
    run("export", "-q", "--from", str(README.parent / "samples" / "routing"), "-o", "migration", cwd=folder)
    routing = run("diff", "routing", "migration", cwd=folder)
    (folder / "payment.env").write_text("CURRENCY=EUR\n")
    run("export", "-q", "--from", str(README.parent / "samples" / "microservices"), *MARKET, "-o", "market", cwd=folder)
    return {
        "demo": "    $ ecs2k8s demo\n" + block(demo),
        "tree": block("\n".join(str(path) for path in shop) + "\n…"),
        "explain": "    $ ecs2k8s explain 'containerDefinitions[].ulimits[].softLimit'\n" + block(explain),
        "market": block(shown(("ecs2k8s", "export", "-q", "--from", "samples/microservices", *MARKET, "-o", "market"))),
        "by hand": by_hand(folder / "market"),
        "routing": "    $ ecs2k8s export -q --from samples/routing -o migration\n"
        "    $ ecs2k8s diff routing migration\n" + block(routing),
    }


def test_the_readme_shows_real_output(tmp_path: Path, update: bool) -> None:
    text = README.read_text(encoding="utf-8")
    made = text
    for name, shown in readme_blocks(tmp_path).items():
        made = re.sub(
            rf"<!-- {name} -->\n.*?<!-- /{name} -->",
            lambda _: f"<!-- {name} -->\n\n{shown}\n\n<!-- /{name} -->",  # noqa: B023 (used at once)
            made,
            flags=re.DOTALL,
        )
    if update:
        README.write_text(made, encoding="utf-8")
    assert README.read_text(encoding="utf-8") == made, "run `make update`"


def test_every_choice_is_explained() -> None:
    assert list(choices()) == list(Target.__struct_fields__)


RELIABILITY = DOCS / "reliability.md"


def test_the_page_of_reliability_has_a_row_for_each_claim_and_where_it_is_met() -> None:
    """A run of `make test-long` measures what stands in it."""
    _, *sections = RELIABILITY.read_text(encoding="utf-8").split("\n## ")
    found = {section.partition("\n")[0]: section for section in sections}
    assert list(found) == list(CLAIMS), "run `make test-long`"
    for ident, claim in CLAIMS.items():
        assert claim.text in found[ident]
        _, _, *rows = [line for line in found[ident].splitlines() if line.startswith("|")]
        assert [row.split(" | ")[0].removeprefix("| ") for row in rows] == list(claim.tiers)
        assert {row.count(" |") for row in rows} == {len(claim.measures) + 2}
    assert "(reliability.md)" in (DOCS / "index.md").read_text(encoding="utf-8")
