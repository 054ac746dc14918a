"""What a task relies on because ECS runs it: endpoints, credentials, the instance, its neighbours.

None of these can be carried by a manifest, so each is found in the texts of the containers and named on its leaf. A
finding says which endpoint or name was found, never the value of a variable.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ecs2k8s.core.tracking import note
from ecs2k8s.translate.lifecycle import arrange
from ecs2k8s.translate.neighbours import Neighbours
from ecs2k8s.translate.runtime_texts import texts

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ecs2k8s.core.manifests import Placed
    from ecs2k8s.core.target import Target
    from ecs2k8s.resolve.workload import AwsMap, Inventory, Workload
    from ecs2k8s.translate.runtime_texts import Text

# https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-metadata-endpoint.html. 169.254.170.23 is the agent
# of EKS Pod Identity and no endpoint of ECS.
ENDPOINT = re.compile(
    r"ECS_CONTAINER_METADATA_(?:URI(?:_V4)?|FILE)|ECS_AGENT_URI|AWS_CONTAINER_CREDENTIALS_(?:RELATIVE|FULL)_URI"
    r"|AWS_CONTAINER_AUTHORIZATION_TOKEN(?:_FILE)?|169\.254\.17[02]\.2(?!\d)"
)
# The path by which version 4 of the endpoint begins, where no other host stands before it: APIs have such paths too.
PATH = re.compile(r"(?:^|[\s\"'=}])/v4/")
EXECUTION = re.compile(r"AWS_EXECUTION_ENV|AWS_ECS_(?:FARGATE|EC2)")
# https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instancedata-data-retrieval.html
INSTANCE = re.compile(r"169\.254\.169\.254(?!\d)|fd00:ec2::254|AWS_EC2_METADATA_\w+", re.IGNORECASE)
SWITCHED_OFF = ("AWS_EC2_METADATA_DISABLED", "AWS_EC2_METADATA_V1_DISABLED")
# Each comes before the credentials of the pod's service account in the chain of the SDKs, or keeps the webhook of IRSA
# from setting its own: https://docs.aws.amazon.com/sdkref/latest/guide/standardized-credentials.html
CREDENTIALS = {
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_PROFILE",
    "AWS_SHARED_CREDENTIALS_FILE",
    "AWS_ROLE_ARN",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
}
PROXIES = {"HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"}
IMAGES = re.compile(
    r"(?:^|/)(?:aws-xray-daemon|aws-otel-collector|cloudwatch-agent|aws-for-fluent-bit|fluent-bit|fluentd|"
    r"(?:datadog|datadoghq)/agent|docker-dd-agent|nri-ecs)(?=[:@]|$)"
)
# Clients that mount a bucket by FUSE; the CSI driver gives it to a pod as a volume,
# https://github.com/awslabs/mountpoint-s3-csi-driver/blob/main/docs/CONFIGURATION.md
BUCKETS = re.compile(r"(?<![A-Za-z0-9])(?:mount-s3|mountpoint-s3|s3fs|goofys)(?![A-Za-z0-9])")


def runtime_contract(inventory: Inventory, workloads: list[Workload], _target: Target) -> Iterable[Placed]:
    """Says on each leaf what of ECS it relies on. Makes no object."""
    neighbours = Neighbours.of(inventory, workloads)
    for workload in workloads:
        for slot in arrange(workload).slots:
            _image(slot.container)
            for text in texts(workload, slot.container):
                _endpoints(text)
                _credentials(text)
                neighbours.say(workload, slot.container, text)
    return ()


def _image(container: AwsMap) -> None:
    image = str(container.get("image", ""))
    for pattern, slug in ((IMAGES, "image-reads-ecs-metadata"), (BUCKETS, "bucket-mounted-by-client")):
        if found := pattern.search(image):
            note(container, "image", slug, name=found[0].strip("/"))


def _endpoints(text: Text) -> None:
    proxy = text.variable.upper() in PROXIES
    if proxy:
        note(text.view, text.at, "proxy-in-environment", where=text.where)
    for searched in (text.variable, text.value):
        if (found := ENDPOINT.search(searched)) and not proxy:
            note(text.view, text.at, "ecs-endpoint-used", where=text.where, what=found[0])
        if found := EXECUTION.search(searched):
            note(text.view, text.at, "execution-environment-used", where=text.where, what=found[0])
        if (found := INSTANCE.search(searched)) and not proxy and text.variable not in SWITCHED_OFF:
            note(text.view, text.at, "instance-metadata-used", where=text.where, what=found[0])
    if PATH.search(text.value) and not ENDPOINT.search(text.value):
        note(text.view, text.at, "path-of-metadata-endpoint", where=text.where)


def _credentials(text: Text) -> None:
    if text.variable in CREDENTIALS:
        note(text.view, text.at, "credentials-of-its-own", where=text.where)
