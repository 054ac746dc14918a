"""What the cluster that is moved to is on the AWS side: its ARN, and the OIDC provider that vouches for its pods."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ecs2k8s.core.arns import Arn, last
from ecs2k8s.core.tracking import NOTHING, note

if TYPE_CHECKING:
    from ecs2k8s.core.target import Target
    from ecs2k8s.resolve.workload import AwsMap, Inventory

AUDIENCES = ("sts.amazonaws.com", "sts.amazonaws.com.cn")  # what tokens for STS are made for, the webhook's own first
ISSUER = ("identity", "oidc", "issuer")


@dataclass(frozen=True, slots=True)
class Provider:
    """The issuer of the cluster's tokens as host and path, and the audience for which IAM takes them."""

    issuer: str
    partition: str
    account: str
    audience: str

    def arn(self, account: str = "") -> str:
        """In *account*, whose own provider its roles must name; else in that of the cluster."""
        return f"arn:{self.partition}:iam::{account or self.account}:oidc-provider/{self.issuer}"


def cluster_name(cluster: AwsMap, target: Target) -> str:
    """That of the cluster that was read, else the one that is named; empty where neither is."""
    return str(cluster.get("name", "")) or last(target.eks_cluster)


def cluster_arn(cluster: AwsMap, target: Target) -> Arn | None:
    """Known only where the cluster was read or is named by its ARN: none is made up."""
    return Arn.parse(str(cluster.get("arn", ""))) or Arn.parse(target.eks_cluster)


def provider(inventory: Inventory) -> Provider | None:
    """The provider for the issuer of the cluster, whether IAM has it or not; None where the issuer is not known."""
    cluster = inventory.networks.cluster
    issuer = str(cluster.get("identity", NOTHING).get("oidc", NOTHING).get("issuer", "")).partition("://")[2]
    arn = Arn.parse(str(cluster.get("arn", "")))
    if not issuer or arn is None:
        return None
    bare = Provider(issuer, arn.partition, arn.account, AUDIENCES[0])
    return Provider(issuer, arn.partition, arn.account, _audience(inventory, bare))


def _audience(inventory: Inventory, bare: Provider) -> str:
    """One that the provider takes, where it was read. Says what is missing of the provider."""
    cluster = inventory.networks.cluster
    taken = inventory.index.views("iam.OpenIDConnectProvider").get(bare.arn())
    if taken is None:
        _say_unread(inventory, bare)
        return bare.audience
    given = list(map(str, taken.get("ClientIDList", [])))
    found = [audience for audience in AUDIENCES if audience in given]
    if not found:
        note(cluster, ISSUER, "oidc-audience-missing", provider=bare.arn(), audience=bare.audience)
    return found[0] if found else bare.audience


def _say_unread(inventory: Inventory, bare: Provider) -> None:
    lists = inventory.index.views("iam.OpenIDConnectProviders").values()
    known = {str(each.get("Arn", "")) for view in lists for each in view.get("OpenIDConnectProviderList", [])}
    if bare.arn() in known:
        return
    slug = "oidc-provider-missing" if lists else "oidc-provider-not-read"
    note(inventory.networks.cluster, ISSUER, slug, provider=bare.arn(), issuer=f"https://{bare.issuer}")
