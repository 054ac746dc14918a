"""What a cutover reads of a cluster, changes in it and locks there: against an API server in memory, and a real one.

Each test runs against both, so that what `cluster_objects` was made to say is what a server says. The real one needs
etcd and kube-apiserver: `control_plane.HOW`.
"""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from kubernetes.client import CoreV1Api

from ecs2k8s.compare.cluster import NotAllowedError, Patience
from ecs2k8s.core.errors import PlanError
from ecs2k8s.core.manifests import ObjectRef
from ecs2k8s.cutover.cluster import workloads
from ecs2k8s.cutover.cluster.asking import asking
from ecs2k8s.cutover.cluster.bindings import guarding
from ecs2k8s.cutover.cluster.connections import Context
from ecs2k8s.cutover.cluster.lease import LeaseLock
from ecs2k8s.cutover.cluster.sending import ClusterSender
from ecs2k8s.cutover.manifests import manifests
from ecs2k8s.cutover.plan import Request, Step
from ecs2k8s.cutover.things import KINDS
from ecs2k8s.cutover.things.kustomization import RUN, absent, applied
from ecs2k8s.cutover.world import RefusedError, UnreadableError, UnsureError
from tests.claims import MEMORY, SERVER
from tests.cluster_twin import Twin
from tests.control_plane import NOBODY, ControlPlane, control_plane
from tests.lease_stores import HandClock
from tests.test_cli import ecs2k8s
from tests.test_diff_cluster import config, deployment

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ecs2k8s.core.manifests import Manifest
    from ecs2k8s.cutover.things.kind import Ask

STEP = Step("s1", "k8s.apply", "P3", "title", "success", "rollback")
HURRIED = Patience(attempts=2, pause=0, timeout=10)
SCALE, CRON, FILES = "kubernetes.scale", "kubernetes.cron-job", "kubernetes.kustomization"
CRON_JOB = {
    "schedule": "15 1 * * *",
    "suspend": True,
    "startingDeadlineSeconds": 300,
    "jobTemplate": {
        "spec": {"template": {"spec": {"restartPolicy": "Never", "containers": [{"name": "a", "image": "a:1"}]}}}
    },
}
BINDING = {
    "apiVersion": "elbv2.k8s.aws/v1beta1",
    "kind": "TargetGroupBinding",
    "metadata": {"name": "web"},
    "spec": {"targetGroupName": "web-eks", "targetType": "ip", "serviceRef": {"name": "web", "port": 80}},
}
SAMPLE = Path(__file__).parents[1] / "samples" / "three-tier"
NUMBERS = count()


@dataclass
class World:
    """A namespace of the test's own, a migration directory, and a run that is connected."""

    server: Twin | ControlPlane
    space: str
    place: Path
    run: str = "01RUN"
    forbidden: Callable[[Manifest], str] = lambda _: ""

    def __post_init__(self) -> None:
        self.context = Context(str(self.server.kubeconfig()), None, HURRIED)
        self.api, self.rule = self.context.carrying_out()

    @property
    def ask(self) -> Ask:
        return asking(self.api, self.place)

    def sender(self, **more: Any) -> ClusterSender:
        given: dict[str, Any] = {"run": self.run, "identity": self.api.identity(), "forbidden": self.forbidden} | more
        return ClusterSender(self.api, self.rule, self.place, **given)

    def file(self, path: str, manifest: Manifest) -> str:
        """The path of a file of *manifest*, in the namespace."""
        file = self.place / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(yaml.safe_dump(manifest | {"metadata": manifest["metadata"] | {"namespace": self.space}}))
        return path

    def live(self, plural: str, name: str = "web") -> Manifest:
        root = {"configmaps": "/api/v1", "deployments": "/apis/apps/v1", "cronjobs": "/apis/batch/v1"}[plural]
        found: Manifest = self.server.send("GET", self.path(root, plural, name))
        return found

    def path(self, root: str, plural: str, name: str = "web") -> str:
        return f"{root}/namespaces/{self.space}/{plural}/{name}"

    def now(self, kind: str, ident: str) -> Any:
        return KINDS[kind].now(self.ask, ident)

    def move(self, kind: str, ident: str, wanted: Any, **more: Any) -> str:
        return self.sender(**more).send(STEP, KINDS[kind].request(ident, self.now(kind, ident), wanted))

    def apply(self, path: str) -> str:
        return self.move(FILES, path, applied(manifests(self.place, path)))


@pytest.fixture(scope="module")
def plane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    """With the kind of the load balancer controller, whose fields nothing checks here."""
    with control_plane(tmp_path_factory.mktemp("plane")) as made:
        definition = yaml.safe_load((Path(__file__).parent / "target_group_binding_crd.yaml").read_text())
        made.send("POST", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", definition)
        until = time.monotonic() + 30
        while (
            made.send("GET", "/apis/elbv2.k8s.aws/v1beta1/targetgroupbindings").get("kind") != "TargetGroupBindingList"
        ):
            assert time.monotonic() < until, "the definition is not served"
            time.sleep(0.1)
        yield made


@pytest.fixture
def twin(tmp_path: Path) -> Iterator[Twin]:
    made = Twin(tmp_path)
    yield made
    made.close()


IN_TIERS = [
    pytest.param("in memory", marks=pytest.mark.claim("Cluster", MEMORY)),
    pytest.param("real", marks=pytest.mark.claim("Cluster", SERVER)),
]


@pytest.fixture(params=IN_TIERS)
def world(request: pytest.FixtureRequest, tmp_path: Path) -> World:
    server = request.getfixturevalue("twin" if request.param == "in memory" else "plane")
    return world_of(server, tmp_path / "out")


@pytest.fixture
def faulty(twin: Twin, tmp_path: Path) -> World:
    return world_of(twin, tmp_path / "out")


def world_of(server: Twin | ControlPlane, place: Path) -> World:
    space = f"shop-{next(NUMBERS)}"
    about = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": space}}
    server.apply(f"/api/v1/namespaces/{space}", about, "test")
    return World(server, space, place)


# Applying


def test_what_a_path_holds_is_applied_and_seen_and_labelled(world: World) -> None:
    world.file("manifests/shop/web/configmap.yaml", config(a="1"))
    path = world.file("manifests/shop/web/deployment.yaml", deployment()).rpartition("/")[0]
    objects = manifests(world.place, path)
    assert world.now(FILES, path) == absent(objects)
    assert len(world.apply(path).split()) == 2  # ids of the server's audit log
    assert world.now(FILES, path) == applied(objects)
    assert world.live("deployments")["metadata"]["labels"] == {RUN: "01RUN"}
    before = world.live("deployments")["metadata"]["resourceVersion"]
    world.sender().send(STEP, KINDS[FILES].request(path, absent(objects), applied(objects)))
    assert world.live("deployments")["metadata"]["resourceVersion"] == before


def test_files_that_are_not_those_of_the_plan_are_not_applied(world: World) -> None:
    path = world.file("manifests/shop/web.yaml", config(a="1"))
    planned = KINDS[FILES].request(path, world.now(FILES, path), applied(manifests(world.place, path)))
    world.file(path, config(a="2"))
    with pytest.raises(RefusedError, match=r"nothing was sent: .*was changed since the plan was made: ConfigMap/"):
        world.sender().send(STEP, planned)
    assert world.live("configmaps")["code"] == 404


def test_a_field_of_somebody_else_is_named_and_never_taken(world: World) -> None:
    path = world.file("manifests/shop/web.yaml", config(a="1", b="1"))
    world.apply(path)
    world.server.patch(world.path("/api/v1", "configmaps"), {"data": {"a": "9"}}, "ann")
    assert world.now(FILES, path) == {f"ConfigMap/{world.space}/web": "differs: .data.a (ann owns it)"}
    with pytest.raises(RefusedError, match=r"nothing is forced: \.data\.a \(ann owns it\)"):
        world.apply(path)
    assert world.live("configmaps")["data"] == {"a": "9", "b": "1"}


def test_what_somebody_else_applied_is_not_ours(world: World) -> None:
    path = world.file("manifests/shop/web.yaml", config(a="1"))
    (manifest,) = manifests(world.place, path)
    world.server.apply(world.path("/api/v1", "configmaps"), manifest, "argocd")
    assert world.now(FILES, path) == {f"ConfigMap/{world.space}/web": "differs: argocd applied it, and not ecs2k8s"}


def test_a_field_that_is_no_longer_in_the_file_differs(world: World) -> None:
    path = world.file("manifests/shop/web.yaml", config(a="1", b="1"))
    world.apply(path)
    world.file(path, config(a="1"))
    assert world.now(FILES, path) == {f"ConfigMap/{world.space}/web": "differs: data.b"}


def test_an_apply_that_stopped_on_its_way_is_known_as_that(world: World) -> None:
    world.file("manifests/shop/web/configmap.yaml", config(a="1"))
    path = world.file("manifests/shop/web/deployment.yaml", deployment()).rpartition("/")[0]
    objects = manifests(world.place, path)
    world.apply("manifests/shop/web/configmap.yaml")
    live, between = world.now(FILES, path), KINDS[FILES].between
    assert live not in (absent(objects), applied(objects))
    assert between(absent(objects), applied(objects), live)
    world.server.patch(world.path("/api/v1", "configmaps"), {"data": {"a": "9"}}, "ann")
    assert not between(absent(objects), applied(objects), world.now(FILES, path))


def test_another_cluster_gets_nothing(world: World) -> None:
    path = world.file("manifests/shop/web.yaml", config(a="1"))
    with pytest.raises(RefusedError, match="the run is about the cluster with other"):
        world.move(FILES, path, applied(manifests(world.place, path)), identity="other")
    assert world.live("configmaps")["code"] == 404


def reading_only(ask: Ask) -> Ask:
    """As a login that may read and nothing else."""

    def asked(call: str, parameters: Any) -> Any:
        return {"denied": "no"} if call == "kubernetes.DryRun" else ask(call, parameters)

    return asked


def test_who_may_only_read_sees_the_same(world: World) -> None:
    path = world.file("manifests/shop/web.yaml", deployment(replicas=0, minReadySeconds=5))
    ident, at = f"{world.space}/web", world.path("/apis/apps/v1", "deployments")

    def seen() -> Any:
        return KINDS[FILES].now(reading_only(world.ask), path)[f"Deployment/{ident}"]

    assert seen() == "absent"
    world.apply(path)
    (wanted,) = applied(manifests(world.place, path)).values()
    assert seen() == wanted
    world.move(SCALE, ident, {"replicas": 2})
    assert seen() == wanted
    world.server.patch(at, {"spec": {"minReadySeconds": 9}}, "ann")
    assert seen() == "differs: spec.minReadySeconds"
    world.server.patch(at, {"spec": {"minReadySeconds": 5, "paused": True}}, "ann")
    assert seen() == "differs: spec.minReadySeconds"  # the same, and ann's
    world.file(path, deployment(replicas=0))
    (wanted,) = applied(manifests(world.place, path)).values()
    assert seen() == wanted
    labelled = deployment(replicas=2)  # as it is: another value would be in conflict with the handover
    labelled["metadata"] = labelled["metadata"] | {"labels": {"team": "shop"}}
    world.server.apply(at, labelled | {"metadata": labelled["metadata"] | {"namespace": world.space}})
    assert seen().startswith("differs: metadata.labels")  # ours, and no longer in the file


def test_reading_alone_says_of_a_whole_export_what_dry_runs_say(plane: ControlPlane, tmp_path: Path) -> None:
    place = tmp_path / "out"
    assert ecs2k8s("export", "--from", str(SAMPLE), "-o", str(place), "-q").returncode == 0
    world = World(plane, "shop", place)
    files = [str(file.relative_to(place)) for file in sorted((place / "manifests").rglob("*.yaml"))]
    served = [path for path in files if not path.endswith("kustomization.yaml") and "secret" not in path]
    for path in sorted(served, key=lambda path: "namespace" not in path):
        world.apply(path)
        wanted = applied(manifests(place, path))
        assert world.now(FILES, path) == wanted
        assert KINDS[FILES].now(reading_only(world.ask), path) == wanted
    assert len(served) > 15


# Deleting


def test_only_what_the_run_made_is_deleted(world: World) -> None:
    made = world.file("manifests/shop/made.yaml", config(a="1"))
    world.apply(made)
    world.move(FILES, made, absent(manifests(world.place, made)))
    assert world.live("configmaps")["code"] == 404
    world.sender().send(
        STEP, KINDS[FILES].request(made, applied(manifests(world.place, made)), absent(manifests(world.place, made)))
    )

    (manifest,) = manifests(world.place, made)
    world.server.apply(world.path("/api/v1", "configmaps"), manifest)  # as `kubectl apply` does for a person
    assert world.now(FILES, made) == applied([manifest])
    with pytest.raises(RefusedError, match="was not made by this run"):
        world.move(FILES, made, absent([manifest]))
    world.server.apply(
        world.path("/api/v1", "configmaps"), manifest | {"metadata": manifest["metadata"] | {"labels": {RUN: "02RUN"}}}
    )
    with pytest.raises(RefusedError, match="was not made by this run"):
        world.move(FILES, made, absent([manifest]))
    assert world.live("configmaps")["data"] == {"a": "1"}


def test_what_was_there_before_gets_no_label(world: World) -> None:
    path = world.file("manifests/shop/web.yaml", config(a="1"))
    world.server.apply(
        world.path("/api/v1", "configmaps"),
        config(b="2") | {"metadata": {"name": "web", "namespace": world.space}},
        "ann",
    )
    world.apply(path)
    assert world.live("configmaps")["data"] == {"a": "1", "b": "2"}
    assert RUN not in world.live("configmaps")["metadata"].get("labels", {})


def test_a_namespace_is_never_deleted(world: World) -> None:
    with pytest.raises(PlanError, match="a namespace is never deleted"):
        KINDS[FILES].request("manifests/shop/namespace.yaml", {"Namespace/shop": "1"}, {"Namespace/shop": "absent"})


def test_a_binding_is_made_and_taken_away_by_the_run(world: World) -> None:
    path = world.file("traffic/target-group-binding/shop/web.yaml", BINDING)
    objects = manifests(world.place, path)
    world.apply(path)
    assert world.now(FILES, path) == applied(objects)
    world.move(FILES, path, absent(objects))
    assert world.now(FILES, path) == absent(objects)


def test_a_rollout_that_no_controller_has_seen_is_not_complete(world: World) -> None:
    world.apply(world.file("manifests/shop/web.yaml", deployment()))
    assert workloads.incomplete(world.live("deployments")) == "its controller has not seen generation 1"


# Handing over


def test_a_handover_changes_what_is_as_the_plan_has_it(world: World) -> None:
    path = world.file("manifests/shop/web.yaml", deployment(replicas=0))
    world.apply(path)
    ident = f"{world.space}/web"
    assert world.now(SCALE, ident) == {"replicas": 0}
    planned = KINDS[SCALE].request(ident, {"replicas": 0}, {"replicas": 2})
    world.sender().send(STEP, planned)
    assert world.now(SCALE, ident) == {"replicas": 2}
    assert world.now(FILES, path) == applied(manifests(world.place, path))  # the handover is a thing of its own
    with pytest.raises(RefusedError, match="its fields are not what the plan has any more"):
        world.sender().send(STEP, planned)
    world.server.patch(world.path("/apis/apps/v1", "deployments"), {"spec": {"replicas": 5}}, "autoscaler")
    with pytest.raises(RefusedError, match="its fields are not what the plan has any more"):
        world.sender().send(STEP, KINDS[SCALE].request(ident, {"replicas": 2}, {"replicas": 0}))
    assert world.now(SCALE, ident) == {"replicas": 5}
    assert world.now(FILES, path) == {f"Deployment/{ident}": "differs: .spec.replicas (autoscaler owns it)"}


def test_a_worker_is_off_when_its_last_pod_has_ended(world: World) -> None:
    """One that is being deleted works on, and `status.replicas` leaves it out."""
    world.apply(world.file("manifests/shop/web.yaml", deployment(replicas=0)))
    ident = f"{world.space}/web"
    pods = world.path("/api/v1", "pods", "web-1")
    spec = {"containers": [{"name": "web", "image": "web:1"}]}
    labels = deployment()["spec"]["template"]["metadata"]["labels"]
    meta = {"name": "web-1", "namespace": world.space, "labels": labels, "finalizers": ["example.com/works"]}
    world.server.apply(pods, {"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": spec})
    other = meta | {"name": "other", "labels": {"app": "other"}, "finalizers": []}
    world.server.apply(
        world.path("/api/v1", "pods", "other"), {"apiVersion": "v1", "kind": "Pod", "metadata": other, "spec": spec}
    )
    working = world.now(SCALE, ident)
    assert working == {"replicas": 0, "pods": 1}
    assert KINDS[SCALE].between({"replicas": 2}, {"replicas": 0}, working)
    world.sender().send(STEP, KINDS[SCALE].request(ident, working, {"replicas": 0}))  # once more does no harm
    world.server.send("DELETE", pods)
    assert world.now(SCALE, ident) == working
    world.server.patch(pods, {"metadata": {"finalizers": None}}, "ann")
    assert world.now(SCALE, ident) == {"replicas": 0}


def test_what_was_handed_over_and_back_is_applied_as_before(world: World) -> None:
    path, ident = world.file("manifests/shop/web.yaml", deployment(replicas=0)), f"{world.space}/web"
    wanted = applied(manifests(world.place, path))
    world.apply(path)
    for replicas in (2, 0):
        world.move(SCALE, ident, {"replicas": replicas})
        assert world.now(FILES, path) == wanted
        assert KINDS[FILES].now(reading_only(world.ask), path) == wanted


def test_a_cron_job_is_resumed_with_a_short_deadline_by_one_call(world: World) -> None:
    about = {"apiVersion": "batch/v1", "kind": "CronJob", "metadata": {"name": "web"}, "spec": CRON_JOB}
    path, ident = world.file("manifests/shop/web.yaml", about), f"{world.space}/web"
    world.apply(path)
    held = world.now(CRON, ident)
    assert held == {"suspend": True, "startingDeadlineSeconds": 300}
    world.move(CRON, ident, {"suspend": False, "startingDeadlineSeconds": 60})
    assert {key: world.live("cronjobs")["spec"][key] for key in held} == {
        "suspend": False,
        "startingDeadlineSeconds": 60,
    }
    for wanted in ({"suspend": False, "startingDeadlineSeconds": None}, held):
        world.move(CRON, ident, wanted)
        assert world.now(CRON, ident) == wanted
    assert world.now(CRON, f"{world.space}/none") is None


# Nothing else, and never twice


ARN = "arn:aws:elasticloadbalancing:eu-west-1:111122223333:targetgroup/web-eks/73e2d6bc24d8a067"
ACCOUNT = {
    "elbv2.DescribeTargetGroups": {"TargetGroups": [{"TargetGroupArn": ARN}]},
    "elbv2.DescribeTargetHealth": {"TargetHealthDescriptions": []},
    "ecs.ListClusters": {"clusterArns": ["shop"]},
    "ecs.ListServices": {"serviceArns": ["web"]},
    "ecs.DescribeServices": {"services": [{"loadBalancers": [{"targetGroupArn": ARN.replace("web-eks", "web")}]}]},
}
OF_ECS = {"taskSets": [{"loadBalancers": [{"advancedConfiguration": {"alternateTargetGroupArn": ARN}}]}]}
FORBIDDEN: dict[str, tuple[str, Any, str]] = {  # an answer of AWS that is another one, and what is said then
    "ECS names the group": ("ecs.DescribeServices", {"services": [OF_ECS]}, "an ECS service names the target group"),
    "it has a target outside": (
        "elbv2.DescribeTargetHealth",
        {"TargetHealthDescriptions": [{"Target": {"Id": "10.9.9.9", "Port": 80}}]},
        "has 10.9.9.9, which is no pod",
    ),
    "there is no group": ("elbv2.DescribeTargetGroups", None, "there is no target group web-eks"),
    "AWS does not tell": ("ecs.DescribeServices", UnreadableError("denied"), "denied"),
}


def account(**other: Any) -> Ask:
    """What AWS says, in the form of its answers."""

    def ask(call: str, _: Any) -> Any:
        found = ({**ACCOUNT, **other})[call]
        if isinstance(found, Exception):
            raise found
        return found

    return ask


def bind(world: World, ask: Ask) -> str:
    path = world.file("traffic/target-group-binding/shop/web.yaml", BINDING)
    return world.move(FILES, path, applied(manifests(world.place, path)), forbidden=guarding(ask, world.api))


@pytest.mark.parametrize("name", FORBIDDEN)
def test_a_binding_that_would_take_targets_of_others_away_is_not_sent(faulty: World, name: str) -> None:
    call, answer, said = FORBIDDEN[name]
    with pytest.raises(RefusedError, match=f"nothing was sent: .*{said}"):
        bind(faulty, account(**{call: answer}))
    assert not written(faulty)


def test_a_group_is_bound_once(faulty: World) -> None:
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web"}, "status": {"podIP": "10.0.0.1"}}
    faulty.server.apply(faulty.path("/api/v1", "pods"), pod, "kubelet")
    health = {"TargetHealthDescriptions": [{"Target": {"Id": "10.0.0.1", "Port": 80}}]}
    assert bind(faulty, account(**{"elbv2.DescribeTargetHealth": health}))
    other = BINDING | {"metadata": {"name": "other", "namespace": "default"}, "spec": {"targetGroupARN": ARN}}
    path = "/apis/elbv2.k8s.aws/v1beta1/namespaces/default/targetgroupbindings/other"
    faulty.server.apply(path, other, "ann")
    with pytest.raises(RefusedError, match="TargetGroupBinding/default/other binds the target group web-eks already"):
        faulty.sender(forbidden=guarding(account(), faulty.api)).send(STEP, request_of(faulty))


def request_of(world: World) -> Request:
    path = "traffic/target-group-binding/shop/web.yaml"
    objects = manifests(world.place, path)
    return KINDS[FILES].request(path, absent(objects), applied(objects))


def written(world: World) -> list[tuple[str, str]]:
    assert isinstance(world.server, Twin)
    return world.server.writes


PLANTED: dict[str, Callable[[Any, str], Any]] = {
    "create": lambda api, space: api.create_namespaced_config_map(space, {"metadata": {"name": "web"}}),
    "delete": lambda api, space: api.delete_namespaced_config_map("web", space),
    "delete all": lambda api, space: api.delete_collection_namespaced_config_map(space),
    "delete a namespace": lambda api, space: api.delete_namespace(space),
    "patch": lambda api, space: api.patch_namespaced_config_map("web", space, {"data": {"a": "2"}}),
    "read a secret": lambda api, space: api.read_namespaced_secret("web", space),
    "list secrets": lambda api, space: api.list_namespaced_secret(space),
}


@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_call_is_refused_before_it_is_sent(faulty: World, name: str) -> None:
    faulty.api.identity()
    assert isinstance(faulty.server, Twin)
    before = len(faulty.server.asked)
    with pytest.raises(NotAllowedError, match="nothing was sent"):
        PLANTED[name](CoreV1Api(faulty.api.cluster.client), faulty.space)
    assert len(faulty.server.asked) == before


def breaking(world: World, how: int | str, *, when: str = "configmaps") -> None:
    assert isinstance(world.server, Twin)
    world.server.faults = lambda method, path: (
        how if method != "GET" and when in path and "dryRun" not in path else None
    )


@pytest.mark.parametrize(
    ("how", "raised", "then"),
    [
        (429, RefusedError, "absent"),
        (503, UnsureError, "absent"),
        (500, UnsureError, "absent"),
        ("lost", UnsureError, "applied"),
    ],
)
def test_a_call_is_sent_once_and_what_it_did_is_seen(
    faulty: World, how: int | str, raised: type[Exception], then: str
) -> None:
    path = faulty.file("manifests/shop/web.yaml", config(a="1"))
    breaking(faulty, how)
    with pytest.raises(raised):
        faulty.apply(path)
    assert len(written(faulty)) == 1
    objects = manifests(faulty.place, path)
    assert faulty.now(FILES, path) == (applied(objects) if then == "applied" else absent(objects))


def test_a_refusal_after_the_first_object_is_no_refusal_of_all(faulty: World) -> None:
    faulty.file("manifests/shop/web/configmap.yaml", config(a="1"))
    path = faulty.file("manifests/shop/web/deployment.yaml", deployment()).rpartition("/")[0]
    breaking(faulty, 403, when="deployments")
    with pytest.raises(UnsureError, match="1 of 2 calls had their effect, then: Deployment/"):
        faulty.apply(path)


@pytest.mark.parametrize("how", [500, 403, "lost"])
def test_what_cannot_be_read_is_not_absent(faulty: World, how: int | str) -> None:
    path = faulty.file("manifests/shop/web.yaml", config(a="1"))
    assert isinstance(faulty.server, Twin)
    faulty.server.faults = lambda _, path: how if "configmaps/" in path else None
    with pytest.raises(UnreadableError):
        faulty.now(FILES, path)


def test_a_kind_that_the_cluster_does_not_have_is_said_so(world: World) -> None:
    odd = {"apiVersion": "example.com/v1", "kind": "Thing", "metadata": {"name": "web"}}
    path = world.file("manifests/shop/web.yaml", odd)
    with pytest.raises(UnreadableError, match=r"has no Thing of example.com/v1: install its definition"):
        world.now(FILES, path)


def test_of_a_secret_only_its_metadata_is_read(world: World) -> None:
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "web"}, "stringData": {"password": "canary"}}
    world.server.send("POST", world.path("/api/v1", "secrets", "")[:-1], secret, fieldManager="eso")
    found = world.ask("kubernetes.Get", {"apiVersion": "v1", "kind": "Secret", "namespace": world.space, "name": "web"})
    assert "canary" not in str(found)
    assert not {"data", "stringData"} & found.keys()
    path = world.file("manifests/shop/web.yaml", secret)
    with pytest.raises(UnreadableError, match="neither reads nor applies values that are secret"):
        world.now(FILES, path)


# Permissions


def documented(kind: str) -> list[Manifest]:
    """The roles of docs/cluster.md."""
    text = (Path(__file__).parents[1] / "docs" / "cluster.md").read_text()
    blocks = re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)
    return [role for block in blocks for role in yaml.safe_load_all(block) if role["kind"] == kind]


def grant(plane: ControlPlane, role: Manifest, space: str) -> None:
    """*role* for the user whom nobody knows, in *space* unless it is of the cluster or has one of its own."""
    kind, name = role["kind"], f"{role['metadata']['name']}-{space}"
    where = "default" if role["metadata"].get("namespace") == "default" else space
    root = "/apis/rbac.authorization.k8s.io/v1" + (f"/namespaces/{where}" if kind == "Role" else "")
    metadata = {"name": name, **({"namespace": where} if kind == "Role" else {})}
    user = {"kind": "User", "name": "nobody", "apiGroup": "rbac.authorization.k8s.io"}
    binding = {"apiVersion": role["apiVersion"], "kind": f"{kind}Binding", "metadata": metadata, "subjects": [user]}
    binding["roleRef"] = {"kind": kind, "name": name, "apiGroup": "rbac.authorization.k8s.io"}
    plane.apply(f"{root}/{kind.lower()}s/{name}", role | {"metadata": metadata})
    plane.apply(f"{root}/{kind.lower()}bindings/{name}", binding)


def test_the_documented_permissions_are_enough(plane: ControlPlane, tmp_path: Path) -> None:
    world = world_of(plane, tmp_path / "out")
    world.context = Context(str(plane.kubeconfig(NOBODY)), None, HURRIED)
    world.api, world.rule = world.context.carrying_out()
    path = world.file("manifests/shop/web.yaml", deployment(replicas=0))
    objects = manifests(world.place, path)
    with pytest.raises(UnreadableError, match="cannot get resource"):
        world.now(FILES, path)

    (reading,), (locks, execute) = documented("ClusterRole"), documented("Role")
    grant(plane, reading, world.space)
    until = time.monotonic() + 20
    while True:  # the authorizer learns of it by a watch
        try:
            assert world.now(FILES, path) == absent(objects)
            break
        except UnreadableError:
            assert time.monotonic() < until
            time.sleep(0.1)
    with pytest.raises(RefusedError, match="cannot patch resource"):
        world.apply(path)
    store = world.context.locks()
    lock = LeaseLock(store, HandClock(), world.space, "run", "id")
    with pytest.raises(UnreadableError, match="leases"):
        lock.acquire()

    for role in (locks, execute):
        grant(plane, role, world.space)
    while not eventually(lambda: world.apply(path)):
        assert time.monotonic() < until + 20
    assert world.now(FILES, path) == applied(objects)
    world.move(SCALE, f"{world.space}/web", {"replicas": 2})
    world.move(FILES, path, absent(objects))
    assert lock.acquire() is None
    lock.renew()
    lock.release()
    with pytest.raises(UnreadableError, match='cannot get resource "secrets"'):
        world.api.get(ObjectRef("v1", "Secret", world.space, "web"))


def eventually(act: Callable[[], Any]) -> bool:
    try:
        act()
    except RefusedError:
        time.sleep(0.1)
        return False
    return True
