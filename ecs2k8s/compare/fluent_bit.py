"""The project's own structural check of classic files of Fluent Bit. It is no linter: only Fluent Bit itself is one.

https://docs.fluentbit.io/manual/administration/configuring-fluent-bit/classic-mode/format-schema
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

HEAD = re.compile(r"\[([A-Z_]+)\]")
SETTING = re.compile(r"    (\S+) +(\S.*)")
NEEDED = {
    "FILTER": {"name"},
    "OUTPUT": {"name"},
    "PARSER": {"name", "format"},
    "MULTILINE_PARSER": {"name", "type", "rule"},
}
OF_PLUGINS = {
    "rewrite_tag": {"rule", "emitter_name"},
    "multiline": {"multiline.parser"},
    "cloudwatch_logs": {"region", "log_group_name", "log_stream_prefix"},
    "loki": {"host", "labels"},
    "parser": {"key_name", "parser"},
    "splunk": {"splunk_token"},
}
REPEATED = {"rule", "regex", "exclude"}


@dataclass(slots=True)
class Section:
    name: str
    settings: list[tuple[str, str]] = field(default_factory=list)

    def get(self, key: str) -> list[str]:
        return [value for name, value in self.settings if name.lower() == key]


def read(text: str) -> tuple[list[Section], list[str]]:
    """The sections, and what no line of a section is."""
    found: list[Section] = []
    wrong = []
    for number, line in enumerate(text.split("\n"), 1):
        if head := HEAD.fullmatch(line):
            found.append(Section(head[1]))
        elif (setting := SETTING.fullmatch(line)) and found:
            found[-1].settings.append((setting[1], setting[2]))
        elif line and not line.startswith("#"):
            wrong.append(f"line {number} is no section and no setting: {line}")
    return found, wrong


def problems(text: str) -> list[str]:
    """What is wrong with the file, in words; empty where nothing is."""
    found, wrong = read(text)
    for number, section in enumerate(found, 1):
        wrong += [f"section {number} ({section.name}): {problem}" for problem in _of_section(section)]
    emitters = [name for section in found for name in section.get("emitter_name")]
    return [*wrong, *(f"two emitters are called {name}" for name in sorted(set(emitters)) if emitters.count(name) > 1)]


def _of_section(section: Section) -> Iterator[str]:
    if section.name not in NEEDED:
        yield "no such section"
        return
    keys = [key.lower() for key, _ in section.settings]
    plugin = next(iter(section.get("name")), "").lower()
    needed = NEEDED[section.name] | (OF_PLUGINS.get(plugin, set()) if section.name in ("FILTER", "OUTPUT") else set())
    yield from (f"no {key}" for key in sorted(needed - set(keys)))
    yield from (f"{key} stands twice" for key in sorted(set(keys) - REPEATED) if keys.count(key) > 1)
    if section.name in ("FILTER", "OUTPUT") and len({"match", "match_regex"} & set(keys)) != 1:
        yield "neither or both of Match and Match_Regex"
    yield from (f"no regular expression: {value}" for value in section.get("match_regex") if not _compiles(value))
    if section.name == "MULTILINE_PARSER":
        yield from (f"no rule: {value}" for value in section.get("rule") if not _is_rule(value))
        if not any(value.startswith('"start_state"') for value in section.get("rule")):
            yield "no rule of the first line"


def _is_rule(value: str) -> bool:
    parts = re.fullmatch(r'"\w+" +"/(.*)/" +"\w+"', value)
    return bool(parts) and '"' not in parts[1] and _compiles(parts[1]) if parts else False


def _compiles(pattern: str) -> bool:
    try:
        re.compile(pattern.replace("(?<", "(?P<"))
    except re.error:
        return False
    return True
