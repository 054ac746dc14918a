"""The connections of a run to its cluster, each with a rule of its own: reading, carrying out steps, and the locks."""

from __future__ import annotations

from dataclasses import dataclass, field

from ecs2k8s.compare.cluster import Patience, connect
from ecs2k8s.core.formats import MANAGER
from ecs2k8s.cutover.cluster.guard import StepCalls, lease_calls, reads
from ecs2k8s.cutover.cluster.leases import NAMESPACE, ApiStore
from ecs2k8s.cutover.cluster.reading import Api


@dataclass(frozen=True, slots=True)
class Context:
    """Which cluster, as kubectl is told it. All methods raise `ClusterError`."""

    kubeconfig: str | None = None
    context: str | None = None
    patience: Patience = field(default_factory=Patience)

    def reading(self) -> Api:
        """All that a guided run has."""
        return Api(connect(self.kubeconfig, self.context, MANAGER, self.patience, reads))

    def carrying_out(self) -> tuple[Api, StepCalls]:
        """For `ClusterSender`: the connection, and its rule that is told the calls of a step."""
        rule = StepCalls()
        return Api(connect(self.kubeconfig, self.context, MANAGER, self.patience, rule)), rule

    def locks(self, namespace: str = NAMESPACE) -> ApiStore:
        return ApiStore(connect(self.kubeconfig, self.context, MANAGER, self.patience, lease_calls), namespace)
