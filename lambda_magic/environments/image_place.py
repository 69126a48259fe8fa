"""The place of a sandbox whose files and runtime come from an image."""

from collections.abc import Sequence
from dataclasses import dataclass

from lambda_magic.environments.engine import Image
from lambda_magic.environments.equipment import Equipment
from lambda_magic.environments.interpreters import own_python
from lambda_magic.environments.place import Place
from lambda_magic.environments.sandbox import RUNTIME, Program, SandboxSpec
from lambda_magic.environments.search_paths import Roots, search_paths
from lambda_magic.runtimes.private_root import PACKAGE_PARENT


@dataclass(frozen=True, kw_only=True, slots=True)
class ImagePlace(Place):
    """AWS's paths, and an image's own program."""

    image: Image
    #: The file names in its extensions directory.
    extension_names: tuple[str, ...] = ()

    @classmethod
    def of(cls, image: Image) -> "ImagePlace":
        """The place that an image makes."""
        return cls(
            task_root="/var/task",
            runtime_dir="/var/runtime",
            opt="/opt",
            executable=None,
            client=PACKAGE_PARENT,
            equipment=Equipment(interpreter=None, host=own_python(), packages=()),
            image=image,
        )

    def variables(self, spec: SandboxSpec, runtime_api: str) -> dict[str, str]:
        """What the image sets, the function's variables over it."""
        usual = search_paths(spec.runtime, Roots(programs=None, libraries=None))
        usual |= {"LAMBDA_TASK_ROOT": self.task_root, "LAMBDA_RUNTIME_DIR": self.runtime_dir}
        own = {"AWS_LAMBDA_RUNTIME_API": runtime_api}
        return usual | self.image.environment_variables | spec.environment_variables | own

    def extension_names_in(self, spec: SandboxSpec) -> Sequence[str]:
        """Those of the image, which has what it is shown of layers too."""
        return self.extension_names

    def runtime_program(self, spec: SandboxSpec, runtime_api: str) -> Program:
        """The image's entry point and command, or those that the function has instead.

        A deployment package on an image of AWS's is run as an image would be: its handler is the
        command.
        """
        entry_point, command = self.image.entry_point, self.image.command
        working_directory = self.image.working_directory
        if spec.image is None:
            command = (spec.handler,)
        else:
            entry_point = spec.image.entry_point or entry_point
            command = spec.image.command or command
            working_directory = spec.image.working_directory or working_directory
        return Program(
            name=RUNTIME,
            # Without any there is nothing to execute, and no such file.
            arguments=(*entry_point, *command) or ("",),
            environment_variables=self.variables(spec, runtime_api),
            working_directory=working_directory or "/",
        )
