"""Random edits of people, and random changes of what is generated: YAML as values and as text, and other text by lines.

Everything that an edit adds bears a mark, so that a test can say of each whether it is still there.
"""

from __future__ import annotations

import copy
import json
from functools import cache
from typing import TYPE_CHECKING, Any

import yaml

from ecs2k8s.cli.demo import place
from ecs2k8s.cli.export import files_of
from ecs2k8s.collect import files
from ecs2k8s.compare.list_keys import Place
from ecs2k8s.core.mappings import StrictLoader
from ecs2k8s.core.target import Target
from ecs2k8s.pipeline import translate
from ecs2k8s.render.dump import dump

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from random import Random

Leaves = dict[tuple[str, ...], str]
SMALL = """\
kind: Pod
spec:
  replicas: 2
  strategy: {}
  containers:
  - name: web
    image: web:1
    args: [serve, --port, '80']
    env:
    - name: A
      value: '1'
    - name: B
      value: |
        two
        lines
    ports:
    - containerPort: 80
      protocol: TCP
    - containerPort: 80
      protocol: UDP
  - name: side
    image: side:1
  volumes: []
"""


@cache
def samples() -> dict[str, str]:
    """Files of the sample that people may edit, in two formats, and a small one."""
    found = {"small.yaml": SMALL}
    for form in ("kustomize", "helm"):
        target = Target(format=form)
        made = files_of(translate(files.read([str(place())]), target), target)
        found |= {path: data.decode() for path, data in made.items() if not path.startswith("report/")}
    return dict(sorted(found.items()))


@cache
def values() -> dict[str, Any]:
    """Those that are YAML or JSON and hold one map."""
    found = {}
    for path, text in samples().items():
        if path.endswith((".yaml", ".json")) and "{{" not in text:
            value = yaml.load(text, StrictLoader)
            if isinstance(value, dict):
                found[path] = value
    return found


def text_of(path: str, value: Any) -> str:
    return json.dumps(value, indent=2, sort_keys=True) + "\n" if path.endswith(".json") else dump(value)


def containers(value: Any) -> Iterator[Any]:
    """Each map and list under *value* that holds something."""
    if isinstance(value, dict | list) and value:
        yield value
        for child in value.values() if isinstance(value, dict) else value:
            yield from containers(child)


def changed(value: Any, random: Random, mark: str, times: int) -> Any:
    """*value* with *times* random changes; the text of new scalars begins with *mark*."""
    value = copy.deepcopy(value)
    for number in range(times):
        within = random.choice(list(containers(value)))
        change: Callable[..., None] = _change_map if isinstance(within, dict) else _change_list
        change(within, random, f"{mark}{number}")
    return value


def _change_map(within: dict[str, Any], random: Random, new: str) -> None:
    key = random.choice(list(within))
    match random.randrange(6):
        case 0 if len(within) > 1:
            del within[key]
        case 1:
            within[new] = random.choice([new, {"name": new}, [new], 7, True, {}, f"{new}\nlines\n"])
        case 2:
            within[f"b{random.randrange(3)}"] = random.randrange(2)  # what the other side may add too
        case 3 if isinstance(within[key], str):
            within[key] = random.choice([new, "both"])
        case 4 if not isinstance(within[key], dict | list):
            within[key] = random.choice([new, 3, "3", False, "no", {"x": new}])
        case _:
            if not isinstance(within[key], dict | list):
                within[key] = new


def _change_list(within: list[Any], random: Random, new: str) -> None:
    at = random.randrange(len(within))
    match random.randrange(4):
        case 0 if len(within) > 1:
            del within[at]
        case 1 if len(within) > 1:
            within.insert(0, within.pop(at))
        case _:
            item = copy.deepcopy(within[at])
            if isinstance(item, dict):
                for key in ("name", "containerPort", "port", "mountPath"):
                    if key in item:
                        item[key] = random.randrange(1, 9999) if "ort" in key else new
                        break
                else:
                    item[new] = new
            else:
                item = new
            within.insert(random.randrange(len(within) + 1), item)


def handled(text: str, random: Random) -> tuple[str, list[str]]:
    """A YAML text as people write it, with the same values: the text and the comments that were put into it."""
    lines, notes = [], []
    block = -1  # the indentation above which lines belong to a block scalar
    for number, line in enumerate(text.split("\n")[:-1]):
        indent = len(line) - len(line.lstrip(" "))
        if block >= 0 and (indent > block or not line.strip()):
            lines.append(line)
            continue
        block = indent + 2 * line.strip().startswith("- ") if line.rstrip().endswith(("|", "|-", "|+")) else -1
        if random.random() < 0.06:
            notes.append(f"# note {number} above")
            lines.append(" " * random.choice([indent, 0, indent + 2]) + notes[-1])
        if random.random() < 0.06 and block < 0:
            notes.append(f"# note {number} beside")
            lines.append(f"{line}  {notes[-1]}")
        else:
            lines.append(line)
        if random.random() < 0.03 and block < 0:
            lines.append("")
    return "\n".join(lines) + "\n", notes


def leaves(value: Any, kind: str, path: tuple[str, ...] = ()) -> Leaves:
    """What each place holds, as JSON; items of lists with keys by their key, other lists as one value."""
    children = below(value, kind, path)
    if not children:
        return {path: json.dumps(value, sort_keys=True)}
    return {place: leaf for key, child in children.items() for place, leaf in leaves(child, kind, (*path, key)).items()}


def below(value: Any, kind: str, path: tuple[str, ...]) -> dict[str, Any]:
    if isinstance(value, dict):
        return {str(key): child for key, child in value.items()}
    place = Place(kind, tuple(step for step in path if not step.startswith("[")))
    items = place.keyed(value) if isinstance(value, list) else None
    named = (items or {}).items()
    return {f"[{'/'.join(map(str, key)) if isinstance(key, tuple) else key}]": child for key, child in named}


def orders(value: Any, kind: str, path: tuple[str, ...] = ()) -> dict[tuple[str, ...], list[str]]:
    """The keys of each list with keys, in order."""
    children = below(value, kind, path)
    found = {path: list(children)} if isinstance(value, list) and children else {}
    for key, child in children.items():
        found |= orders(child, kind, (*path, key))
    return found
