"""The writes that make an account, shape by shape: each after those that it refers to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecs2k8s.replay import fill_around, fill_network, fill_services
from ecs2k8s.replay.fill import made

if TYPE_CHECKING:
    from ecs2k8s.replay.fill import Write

WRITES: tuple[tuple[str, Write], ...] = (
    ("ec2.Vpc", fill_network.vpc),
    ("ec2.Subnet", fill_network.subnet),
    ("ec2.PrefixList", fill_network.prefix_list),
    ("ec2.SecurityGroup", fill_network.security_group),
    ("ec2.SecurityGroup", fill_network.permissions),
    ("ec2.NetworkInterface", fill_network.network_interface),
    ("acm.Certificate", fill_around.certificate),
    ("elbv2.LoadBalancer", fill_network.load_balancer),
    ("elbv2.LoadBalancerAttributes", fill_network.attributes("elbv2.ModifyLoadBalancerAttributes")),
    ("elbv2.TargetGroup", fill_network.target_group),
    ("elbv2.TargetGroupAttributes", fill_network.attributes("elbv2.ModifyTargetGroupAttributes")),
    ("elbv2.Listener", fill_network.listener),
    ("elbv2.ListenerAttributes", fill_network.attributes("elbv2.ModifyListenerAttributes")),
    ("elbv2.ListenerCertificates", fill_network.certificates),
    ("elbv2.Rule", fill_network.rule),
    ("elbv2.TargetHealth", fill_network.targets),
    ("elbv2.Tags", fill_network.tags),
    ("iam.Role", fill_around.role),
    ("iam.Policy", fill_around.policy),
    ("iam.RolePolicy", fill_around.role_policy),
    ("iam.AttachedRolePolicies", fill_around.attached_policies),
    ("ecr.ImageDetail", fill_around.image),
    ("secretsmanager.Secret", fill_around.secret),
    ("ssm.Parameter", fill_around.parameter),
    ("efs.FileSystem", made("efs.FileSystem", "efs.CreateFileSystem")),
    ("efs.AccessPoint", made("efs.AccessPoint", "efs.CreateAccessPoint")),
    ("efs.MountTarget", fill_around.mount_target),
    ("efs.FileSystemPolicy", made("efs.FileSystemPolicy", "efs.PutFileSystemPolicy")),
    ("rds.DBInstance", fill_around.db_instance),
    ("elasticache.ReplicationGroup", fill_around.replication_group),
    ("elasticache.CacheCluster", fill_around.cache_cluster),
    ("servicediscovery.Namespace", fill_services.namespace),
    ("servicediscovery.Service", fill_services.discovery_service),
    ("ecs.CapacityProvider", fill_services.capacity_provider),
    ("ecs.Cluster", made("ecs.Cluster", "ecs.CreateCluster", "cluster")),
    ("ecs.ContainerInstance", fill_services.container_instance),
    ("ecs.TaskDefinition", fill_services.task_definition),
    ("ecs.Service", fill_services.service),
    ("application-autoscaling.ScalableTarget", fill_services.scalable_target),
    ("application-autoscaling.ScalingPolicy", fill_services.scaling_policy),
    ("application-autoscaling.ScheduledAction", fill_services.scheduled_action),
    ("cloudwatch.MetricAlarm", fill_services.metric_alarm),
    ("cloudwatch.CompositeAlarm", made("cloudwatch.CompositeAlarm", "cloudwatch.PutCompositeAlarm")),
    ("events.Rule", made("events.Rule", "events.PutRule")),
    ("events.RuleTargets", made("events.RuleTargets", "events.PutTargets")),
    ("scheduler.Schedule", made("scheduler.Schedule", "scheduler.CreateSchedule")),
    ("codedeploy.DeploymentGroup", fill_services.deployment_group),
    ("wafv2.WebACL", fill_around.web_acl),
    ("cloudfront.Distribution", fill_around.distribution),
    ("route53.HostedZone", fill_around.hosted_zone),
    ("route53.RecordSets", fill_around.record_sets),
)  # fmt: skip
