"""The documents of a YAML file that people may have edited, or one error that names the file and the line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import yaml

from ecs2k8s.compare.decoded import decoded
from ecs2k8s.core.errors import MappingError, OutputError
from ecs2k8s.core.mappings import StrictLoader
from ecs2k8s.core.yaml_lines import problem

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from ecs2k8s.core.manifests import Manifest

T = TypeVar("T")


def text_in(file: Path) -> str:
    """Raises `OutputError`."""
    return _read(file, lambda: file.read_bytes().decode())


def objects_in(text: str, file: Path) -> list[Manifest | None]:
    """Each document of *text*, the content of *file*; None where one is empty. Raises `OutputError`."""
    return _read(file, lambda: [None if item is None else decoded(item) for item in yaml.load_all(text, StrictLoader)])


def values_in(text: str, file: Path) -> Any:
    """The one document of *text*, the content of *file*. Raises `OutputError`."""
    return _read(file, lambda: yaml.load(text, StrictLoader))  # noqa: S506 (it is a safe one)


def _read(file: Path, read: Callable[[], T]) -> T:
    try:
        return read()
    except UnicodeDecodeError as error:
        raise OutputError(f"{file}: is no text of UTF-8: byte {error.start + 1} begins no character") from error
    except yaml.YAMLError as error:
        raise OutputError(f"{file}: {problem(error)}") from error
    except RecursionError as error:
        raise OutputError(f"{file}: is nested too deeply") from error
    except OSError as error:
        raise OutputError(f"{file}: {error.strerror or error}") from error
    except (MappingError, ValueError) as error:
        raise OutputError(f"{file}: {error}") from error
