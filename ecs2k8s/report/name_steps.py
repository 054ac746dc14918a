"""The part of aws/ about names that callers use: what CoreDNS, external-dns and callers on ECS must be given."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecs2k8s.report.escape_markdown import code, span
from ecs2k8s.translate.discovery import HOLD, PREFIXES, rewrites

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ecs2k8s.assess.translation import Translation
    from ecs2k8s.core.manifests import Bundle
    from ecs2k8s.core.target import Target
    from ecs2k8s.resolve.workload import Workload

REWRITES = "aws/coredns-rewrite.txt"
# The blocks are text, because a ConfigMap or an add-on value of them alone would take the place of the whole Corefile,
# and with it take down the DNS of the cluster.
FILE_HEAD = """\
# Blocks for the Corefile of the cluster, into the server that is there (`.:53`), before the line `kubernetes`.
# They are no Corefile: as the only configuration they take down the DNS of the cluster. See aws/README.md.
"""
COREDNS = f"""
## CoreDNS: names that no Service can have

The blocks are in {span(REWRITES)}. Add them when the Services of `manifests/` are there, and before callers
in the cluster rely on the names. From then on every pod of the cluster that asks for a name gets pods. The value of
the add-on is the **whole** Corefile: never put the blocks alone.

1. Save both. They are the way back.

       kubectl -n kube-system get configmap coredns -o jsonpath='{{.data.Corefile}}' > Corefile.before
       aws eks describe-addon --cluster-name <cluster> --addon-name coredns \\
         --query addon.configurationValues --output text > coredns-values.before

2. Where the add-on stores a `corefile` and it differs from `Corefile.before`, somebody else changes it too: stop and
   settle that first.
3. Copy `Corefile.before` to `Corefile.new` and add the blocks inside `.:53`, before `kubernetes`. Change nothing else.
4. Try it on one replica first, or let CoreDNS read it (`coredns -conf Corefile.new`) in a pod with its service account.
5. Where CoreDNS is an add-on, put the whole text as `corefile` beside the other values of `coredns-values.before`:

       aws eks update-addon --cluster-name <cluster> --addon-name coredns \\
         --configuration-values file://coredns-values.new --resolve-conflicts OVERWRITE

   Where it is not, `kubectl -n kube-system edit configmap coredns`.
6. Ask for each name from a pod (`nslookup <name>`): the answer must be the one for the Service that it leads to.

Way back: the same command with what was saved.

| Name | Leads to |
| --- | --- |
"""
HELD = """
## external-dns: names for callers outside the cluster

These headless Services are to publish names of Cloud Map. external-dns passes over them, because their `controller`
annotations name another one. A zone that Cloud Map made can be changed through Cloud Map only: external-dns needs the
provider `aws-sd` and the source `service` for it. Where it runs with an annotation prefix of its own, the annotations
of these Services do nothing: add them under that prefix, with the hold first.

Run the command when pods are to be found under the name beside the tasks on ECS; queries are then shared by the number
of addresses. Remove the `controller` annotations from the file in `manifests/` too, or the next `kubectl apply` puts
them back and external-dns takes the addresses away again.

| Name | Command | Way back |
| --- | --- | --- |
"""
CALLERS = """
## Callers that stay on ECS

- **Service Connect.** Only tasks of ECS can use its names, and the names lead to tasks only. Put an internal load
  balancer in front of the pods, give each caller its name in a variable, deploy the callers one at a time, and only
  then let the old tasks go. Way back: the variable as it was. Retries, timeouts, ejection of hosts that fail, metrics
  and encryption of the proxy go with it.
- **Cloud Map.** ECS registers and removes the instances of its own tasks and leaves others alone. Instances that you
  register are yours: give them ids that tell so, and wait one time to live after each change. Way back:
  `aws servicediscovery deregister-instance`. The routing policy of a Cloud Map service cannot be changed.
- **Pods that call what stays on ECS.** A name in a private zone of Cloud Map resolves in the VPC, from pods too. A name
  of Service Connect does not: give that service an internal load balancer or a registration in Cloud Map first.
"""


def with_names(readme: str, translation: Translation, target: Target) -> dict[str, str]:
    """aws/README.md with what names need after *readme*, and the blocks for CoreDNS where there are any."""
    rewritten = rewrites(translation.translated, target)
    files = {"aws/README.md": readme + name_steps(translation.bundle, translation.translated, rewritten)}
    return files | ({REWRITES: coredns_blocks(rewritten)} if rewritten else {})


def name_steps(bundle: Bundle, workloads: list[Workload], rewritten: Mapping[str, str]) -> str:
    """Sections for aws/README.md; empty where no workload has a name that callers use."""
    if not any(workload.connect or workload.registrations for workload in workloads):
        return ""
    rows = [f"| {code(name)} | {code(service)} |\n" for name, service in rewritten.items()]
    held = _held(bundle)
    return (COREDNS + "".join(rows) if rows else "") + (HELD + "".join(held) if held else "") + CALLERS


def _held(bundle: Bundle) -> list[str]:
    rows = []
    for manifest in bundle.manifests:
        metadata = manifest["metadata"]
        name = metadata.get("annotations", {}).get(f"{PREFIXES[0]}/hostname")
        if manifest["kind"] == "Service" and name and manifest["spec"].get("clusterIP") == "None":
            start = f"kubectl -n {metadata['namespace']} annotate service {metadata['name']}"
            release = " ".join(f"{prefix}/controller-" for prefix in PREFIXES)
            hold = " ".join(f"{prefix}/controller={HOLD}" for prefix in PREFIXES)
            rows.append(f"| {code(name)} | {code(f'{start} {release}')} | {code(f'{start} {hold} --overwrite')} |\n")
    return rows


def coredns_blocks(rewritten: Mapping[str, str]) -> str:
    """The text of aws/coredns-rewrite.txt: one block for each name (https://coredns.io/plugins/rewrite/)."""
    blocks = [
        f"rewrite stop {{\n    name exact {name}. {service}.\n    answer auto\n}}\n"
        for name, service in rewritten.items()
    ]
    return FILE_HEAD + "".join(blocks)
