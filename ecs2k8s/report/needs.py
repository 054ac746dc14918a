"""What the target cluster must have before these manifests can run on it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ecs2k8s.assess.lbc import VERSION
from ecs2k8s.core.manifests import pod_template
from ecs2k8s.translate.discovery import PREFIXES

if TYPE_CHECKING:
    from ecs2k8s.core.manifests import Bundle, Manifest
    from ecs2k8s.core.target import Target

ALWAYS = "Kubernetes {version}, Linux nodes with containerd and cgroup v2, CoreDNS and a CNI plugin (VPC CNI)."
OF_KINDS = {
    "ExternalSecret": "External Secrets Operator serving `external-secrets.io/v1`, with an identity that may read (and "
    "decrypt) what the execution roles read: the roles in `aws/template.yaml`, or without a known issuer its own.",
    "SecretProviderClass": "Secrets Store CSI driver with `syncSecret.enabled=true`, its AWS provider 2.x, and task "
    "roles that may read (and decrypt) what the execution roles read (policies in `aws/template.yaml`).",
    "NetworkPolicy": "A policy engine: VPC CNI 1.14 or later with `enableNetworkPolicy` (Auto Mode: the controller's "
    "ConfigMap and `networkPolicy` of the NodeClass). Without it policies are accepted and do nothing.",
    "SecurityGroupPolicy": "VPC CNI with `ENABLE_POD_ENI=true`, trunk-capable Nitro nodes in private subnets, and "
    "AmazonEKSVPCResourceController on the cluster's role.",
    "PersistentVolume": "Amazon EFS CSI driver (3.0.0 or later for S3 Files), and mount targets that admit TCP 2049 "
    "from the nodes; for volumes of NFS only the NFS client of the nodes.",
    "StorageClass": "Amazon EBS CSI driver with rights to make volumes (and to use the KMS keys that are named).",
    "PrometheusRule": "Prometheus Operator with kube-state-metrics and the kubelet's cAdvisor, for `monitoring/`. Its "
    "ruleSelector must take the label `release: kube-prometheus-stack`, or the rules are accepted and do nothing.",
    "PodMonitor": "Prometheus Operator that knows `portNumber`, with a podMonitorSelector that takes the label "
    "`release: kube-prometheus-stack` in every namespace.",
    "VolumeSnapshot": "Snapshot controller with its CRDs.",
    "EC2NodeClass": "Karpenter 1.8 or later. NodePools start nodes with the role of the nodes that are there, which "
    "must be allowed to join; `amiSelectorTerms` takes the newest image: pin a version before production.",
    "Rollout": "Argo Rollouts, with `--aws-verify-target-group` and the reads of ELB that it needs where weights stand "
    "in an Ingress. Until its CRD is there, `manifests/` cannot be applied.",
    "Ingress": f"AWS Load Balancer Controller {VERSION} (its IngressClass `alb`), for which the routing was proved; "
    "external-dns leaves the Ingresses alone until their hold annotations are removed.",
    "HorizontalPodAutoscaler": "metrics-server, which gives the CPU and memory that pods use.",
    "ScaledObject": "KEDA 2.20 or later, and metrics-server. Its operator needs a role (IRSA or Pod Identity) that may "
    "`cloudwatch:GetMetricData` on `*`, and `sqs:GetQueueAttributes` on the queues that triggers name.",
}
OF_LIMITS = {
    "nvidia.com/gpu": "NVIDIA device plugin on GPU nodes.",
    "aws.amazon.com/neuron": "Neuron device plugin on Neuron nodes.",
}
AGENT = (
    "EKS Pod Identity Agent, as an add-on or in EKS Auto Mode, and the associations of `aws/template.yaml`. The AWS "
    "SDKs in the images must be recent enough: https://docs.aws.amazon.com/eks/latest/userguide/pod-id-minimum-sdk.html"
)
ARGO_CD = (
    "Argo CD in this cluster, in the namespace `argocd`, that may read the repository: apply "
    "`delivery/argo-cd/project.yaml` and then the other files beside it."
)
IRSA = (
    "An IAM OIDC provider for the cluster, and task roles that trust it (see `aws/README.md`). The AWS SDKs in the "
    "images must be recent enough: "
    "https://docs.aws.amazon.com/eks/latest/userguide/iam-roles-for-service-accounts-minimum-sdk.html"
)
POD_LEVEL = "Karpenter 1.8.0 or later (or Auto Mode): older node autoscalers do not see pod-level resources."
WINDOWS = "Windows nodes of the builds that the pods select."
BOARDS = "Grafana with the sidecar that reads ConfigMaps with the label `grafana_dashboard` in every namespace."
LOGS = "A log agent (Fluent Bit, or the log router of EKS Fargate) that was given the files in `observability/`."
NAMES = (
    "external-dns with the source `service` (and the provider `aws-sd` for zones of Cloud Map), if callers outside the "
    "cluster keep names of Cloud Map; it publishes them when it is let (see `aws/README.md`)."
)


def needs(bundle: Bundle, target: Target) -> list[str]:
    """One line for each controller, CRD, add-on or setting that the bundle relies on."""
    kinds = {manifest["kind"] for manifest in bundle.manifests}
    pods = [spec for manifest in bundle.manifests if (spec := pod_spec(manifest))]
    found = [ALWAYS.format(version=target.kubernetes_version)]
    found += [text for kind, text in OF_KINDS.items() if kind in kinds]
    found += [
        text for name, text in OF_LIMITS.items() if any(name in limits for spec in pods for limits in _limits(spec))
    ]
    facts: dict[str, bool] = {
        ARGO_CD: target.delivery == "argo-cd" and bool(target.delivery_repository),
        IRSA: any("eks.amazonaws.com/role-arn" in m["metadata"].get("annotations", {}) for m in bundle.manifests),
        AGENT: target.identity == "pod-identity",
        POD_LEVEL: any("resources" in spec for spec in pods),
        WINDOWS: any(spec["nodeSelector"]["kubernetes.io/os"] == "windows" for spec in pods),
        NAMES: any(f"{PREFIXES[0]}/hostname" in m["metadata"].get("annotations", {}) for m in bundle.manifests),
        BOARDS: any("grafana_dashboard" in m["metadata"].get("labels", {}) for m in bundle.manifests),
        LOGS: any("ecs2k8s.io/log-group" in key for m in bundle.manifests for key in _template_annotations(m)),
    }
    return found + [text for text, holds in facts.items() if holds]


def _limits(spec: dict[str, Any]) -> list[dict[str, Any]]:
    containers = [*spec.get("initContainers", []), *spec["containers"]]
    return [container.get("resources", {}).get("limits", {}) for container in containers]


def pod_spec(manifest: Manifest) -> dict[str, Any]:
    """The pod's spec of a workload object; empty for other kinds."""
    spec: dict[str, Any] = pod_template(manifest).get("spec", {})
    return spec


def _template_annotations(manifest: Manifest) -> dict[str, str]:
    found: dict[str, str] = pod_template(manifest).get("metadata", {}).get("annotations", {})
    return found
