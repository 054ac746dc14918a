"""The shipped list of instance types is that of the installed botocore."""

from __future__ import annotations

from pathlib import Path

from botocore.loaders import Loader

FILE = Path(__file__).parent.parent / "mappings" / "instance-types.yaml"
HEAD = "# EC2 instance types by family, made from botocore's model of EC2 by `make update`; do not edit.\n"


def test_the_list_of_instance_types_is_current(update: bool) -> None:
    loader = Loader(extra_search_paths=[Loader.BUILTIN_DATA_PATH], include_default_search_paths=False)
    families: dict[str, list[str]] = {}
    for name in loader.load_service_model("ec2", "service-2")["shapes"]["InstanceType"]["enum"]:
        family, _, size = name.partition(".")
        families.setdefault(family, []).append(size)
    text = HEAD + "".join(f"{family}: {' '.join(sorted(sizes))}\n" for family, sizes in sorted(families.items()))
    if update:
        FILE.write_text(text, encoding="utf-8")
    assert FILE.read_text(encoding="utf-8") == text, "run `make update`"
