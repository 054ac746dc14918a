"""What stops the program. Findings are for everything else."""


class Ecs2k8sError(Exception):
    """One line for the user: what, where, what to do."""


class SnapshotError(Ecs2k8sError):
    """The input holds nothing that can be translated, or cannot be read at all."""


class MappingError(Ecs2k8sError):
    """A table or the catalogue under `mappings/` is wrong."""


class TargetError(Ecs2k8sError):
    """A choice in target.yaml or of `--set` is wrong."""


class OutputError(Ecs2k8sError):
    """The output directory cannot be written as asked."""


class PlanError(Ecs2k8sError):
    """A plan cannot be read, or is of a format that is not known."""


class UsageError(Ecs2k8sError):
    """Options that the command cannot follow, or not together."""


class BusyError(Ecs2k8sError):
    """Another run works in the same directory."""


class StaleError(Ecs2k8sError):
    """The world is not, or no longer, the one that a plan or a run is about: nothing is done."""


class WrongAccountError(Ecs2k8sError):
    """The login reaches another account or Region than the one that is asked about."""
