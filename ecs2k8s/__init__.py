"""ecs2k8s: from Amazon ECS to Amazon EKS, with every field accounted for."""

__version__ = "0.1.0"
