"""`python -m ecs2k8s`."""

from ecs2k8s.cli import main

if __name__ == "__main__":
    main()
