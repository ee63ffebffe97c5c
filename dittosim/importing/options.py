"""What the configurations of all model classes share."""

from abc import abstractmethod
from typing import Any

from pydantic import AfterValidator, BaseModel, ConfigDict, PositiveInt, ValidationError

from golden.errors import DittosimError
from golden.machine.config import describe


def only(*values: object) -> AfterValidator:
    """Restricts an option to the values that the import knows."""

    def check(value: object) -> object:
        if value not in values:
            known = " or ".join("null" if v is None else str(v) for v in values)
            raise ValueError(f"not supported by the import, which knows only {known}")
        return value

    return AfterValidator(check)


class ModelConfig(BaseModel):
    """Options of a model class under the names and with the defaults of diffusers.

    Those that only training or numerical precision depend on are accepted and have no effect.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    sample_size: PositiveInt | tuple[PositiveInt, PositiveInt] | None = None
    in_channels: PositiveInt
    out_channels: PositiveInt | None
    dropout: float = 0.0

    @property
    @abstractmethod
    def classes(self) -> int:
        """Classes that can be asked for; 0 if the model is unconditional."""

    @property
    @abstractmethod
    def size_multiple(self) -> int:
        """What the image's height and width must be multiples of."""

    @classmethod
    def of(cls, values: dict[str, Any], source: str) -> "ModelConfig":
        """From the content of a config.json; ``source`` names it in errors (DittosimError)."""
        options = {name: value for name, value in values.items() if not name.startswith("_")}
        try:
            return cls.model_validate(options)
        except ValidationError as error:
            first = error.errors()[0]
            if first["type"] == "extra_forbidden":
                field = ".".join(str(part) for part in first["loc"])
                raise DittosimError(
                    f"{source}: {field} = {first['input']!r}: the import does not know this option"
                ) from error
            raise DittosimError(f"{source}: {describe(error, cls)}") from error
