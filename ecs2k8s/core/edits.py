"""What people changed in generated files, as values: edits that were kept, and those that await a decision."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Any, Final


class Absent(Enum):
    """A value that is not there, which differs from null."""

    ABSENT = "absent"


ABSENT: Final = Absent.ABSENT


@dataclass(frozen=True, slots=True)
class Edit:
    """One difference between what people left in a file and what is generated now.

    `then` is what was generated when the file was merged last. `path` is empty, and so are the values, where the file
    is meant as a whole; `because` says why then. A conflict: both sides changed it, and what people left stays.
    """

    file: str
    path: str = ""
    then: Any = ABSENT
    now: Any = ABSENT
    edited: Any = ABSENT
    because: str = ""
    is_conflict: bool = False
    kind: str = ""  # of the object that it is in
    names: tuple[str, ...] = ()  # of the maps that lead to it: what mappings/masking.yaml asks for
    beside: str = ""  # the name that stands beside it, as that of a variable does
