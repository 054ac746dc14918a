"""HTTP probes: the same requests to ECS, to ECS again and to EKS, and which differences are none of ECS with itself."""
