"""Every IAM action with what it can be limited to: the list that comes with cfn-lint."""

from __future__ import annotations

import json
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any


@cache
def services() -> dict[str, Any]:
    """Service to its actions, with the types of resources that each can be limited to, and how their ARNs look."""
    spec = find_spec("cfnlint")  # finding it does not import it, which takes seconds
    assert spec
    assert spec.submodule_search_locations
    place = Path(spec.submodule_search_locations[0]) / "data" / "AdditionalSpecs" / "Policies.json"
    found: dict[str, Any] = json.loads(place.read_text(encoding="utf-8"))
    return found
