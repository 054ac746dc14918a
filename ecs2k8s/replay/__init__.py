"""Stands in for AWS: answers the reads of mappings/collect.yaml from documents, for `ecs2k8s demo` and the tests."""
