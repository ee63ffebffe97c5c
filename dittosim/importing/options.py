"""What the configurations of all model classes share."""

from abc import abstractmethod
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from golden.errors import DittosimError
from golden.wording import shown, validated

Count = Annotated[int, Field(gt=0, le=1000)]
"""Of layers and blocks"""
Width = Annotated[int, Field(gt=0, le=1 << 16)]
"""Channels, heads, groups"""
Side = Annotated[int, Field(gt=0, le=1 << 16)]
"""Pixels"""
MAX_LEVELS = 16


def only(*values: object) -> AfterValidator:
    """Restricts an option to the values that the import knows."""

    def check(value: object) -> object:
        if value not in values:
            known = " or ".join("null" if v is None else str(v) for v in values)
            raise ValueError(f"not supported by the import, which knows only {known}")
        return value

    return AfterValidator(check)


def _same(value: object) -> object:
    """The entry of a list whose entries are all equal; ValueError for other lists."""
    if not isinstance(value, list | tuple):
        return value
    if not value or any(entry != value[0] for entry in value):
        raise ValueError("not supported by the import, which takes one value for all levels")
    return value[0]


OneForAll = BeforeValidator(_same)
"""Takes a list, too, where it says the same for all levels."""


class ModelConfig(BaseModel):
    """Options of a model class under the names and with the defaults of diffusers.

    Those that only training or numerical precision depend on are accepted and have no effect.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    sample_size: Side | tuple[Side, Side] | None = None
    in_channels: Width
    out_channels: Width | None
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
        for name, value in options.items():
            if name not in cls.model_fields:
                raise DittosimError(
                    f"{source}: {name} = {shown(value)}: the import does not know this option"
                )
        return validated(cls, options, source)
