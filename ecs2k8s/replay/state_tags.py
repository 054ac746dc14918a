"""Tags of what elbv2 has."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecs2k8s.replay.state import Asked, Item, only, refuse_unless

if TYPE_CHECKING:
    from ecs2k8s.replay.state import Account

SHAPES = {
    "loadbalancer": "LoadBalancer",
    "targetgroup": "TargetGroup",
    "listener": "Listener",
    "listener-rule": "Rule",
}
MOST = 50


def _tags(account: Account, arn: str) -> Item:
    """The document with the tags of the resource. Raises `Refusal` where there is no such resource."""
    shape = SHAPES[arn.split(":")[5].partition("/")[0]]
    account.estate.one(f"elbv2.{shape}", f"{shape}NotFound", **{f"{shape}Arn": arn})
    found = account.estate.where("elbv2.Tags", ResourceArn=arn)
    return found[0] if found else {"ResourceArn": arn, "Tags": []}


def add_tags(account: Account, asked: Asked) -> Item:
    only(asked, "ResourceArns", "Tags")
    keys = [each["Key"] for each in asked["Tags"]]
    refuse_unless(len(set(keys)) == len(keys), "DuplicateTagKeys", "A tag key was specified more than once")
    changed = []
    for document in [_tags(account, arn) for arn in asked["ResourceArns"]]:
        tags = {each["Key"]: each for each in (*document["Tags"], *asked["Tags"])}
        refuse_unless(len(tags) <= MOST, "TooManyTags", f"A resource can have at most {MOST} tags")
        changed.append((document, [{"Key": key, "Value": each.get("Value", "")} for key, each in tags.items()]))
    _set(account, changed)
    return {}


def remove_tags(account: Account, asked: Asked) -> Item:
    only(asked, "ResourceArns", "TagKeys")
    documents = [_tags(account, arn) for arn in asked["ResourceArns"]]
    _set(account, [(each, [tag for tag in each["Tags"] if tag["Key"] not in asked["TagKeys"]]) for each in documents])
    return {}


def _set(account: Account, changed: list[tuple[Item, list[Item]]]) -> None:
    for document, tags in changed:
        document["Tags"] = tags
        account.put("elbv2.Tags", document["ResourceArn"], document)
