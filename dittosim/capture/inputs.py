"""A model's further inputs: arrays by the names of its arguments, checked against what it takes.

``encoder_hidden_states`` names an argument, ``added_cond_kwargs.text_embeds`` an entry of one that
is a dictionary.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np

from dittosim.capture.denoisers import Argument
from dittosim.importing.command_options import CONTEXT, read_context, read_inputs
from golden.errors import DittosimError

GIVEN = ("sample", "hidden_states", "timestep", "return_dict")
"""Arguments that sampling gives"""

Arrays = dict[str, np.ndarray]


def read_negative(path: Path) -> Arrays:
    """What the pass without a condition takes: a context (.npy), or arrays as of inputs (.npz).

    Raises DittosimError as the readers of both do.
    """
    if path.suffix == ".npz":
        return read_inputs(path)
    context = read_context(path)
    return {} if context is None else {CONTEXT: context}


def checked(
    arrays: Mapping[str, np.ndarray],
    arguments: Iterable[Argument] | None,
    parameters: Mapping[str, bool],
    images: int,
    where: str,
) -> Arrays:
    """The arrays with an entry for each image where the model takes one for each.

    ``arguments`` are those of the class, None if only its signature is known: ``parameters``, each
    with whether it must be given. ``where`` says in messages what the model is. Raises
    DittosimError for an array that is missing, unknown or of a wrong shape.
    """
    known = None if arguments is None else {argument.name: argument for argument in arguments}
    for name in arrays:
        _check_name(name, known, parameters, where)
    tops = {name.partition(".")[0] for name in arrays}
    for name, must in parameters.items():
        if known is None and must and name not in tops and name not in GIVEN:
            raise DittosimError(f"{where}: '{name}' is missing; {_cure(name)}")
    if known is None:
        return {name: _for_images(array, images) for name, array in arrays.items()}
    lengths: dict[str, int] = {}
    found: Arrays = {}
    for name, argument in known.items():
        if name in arrays:
            found[name] = _fitted(argument, arrays[name], images, lengths, where)
        elif argument.required:
            raise DittosimError(
                f"{where}: '{name}' is missing, which is {_shape(argument)}"
                f"{_because(argument)}; {_cure(name)}"
            )
    return found


def _check_name(
    name: str, known: Mapping[str, Argument] | None, parameters: Mapping[str, bool], where: str
) -> None:
    top = name.partition(".")[0]
    if top in GIVEN:
        raise DittosimError(f"{where}: '{name}' is given by sampling; leave it out")
    if top not in parameters or (known is not None and name not in known):
        choice = [each for each in (parameters if known is None else known) if each not in GIVEN]
        takes = f"takes {', '.join(choice)}" if choice else "takes none"
        raise DittosimError(f"{where}: '{name}' is unknown: the model {takes}")


def _fitted(
    argument: Argument, array: np.ndarray, images: int, lengths: dict[str, int], where: str
) -> np.ndarray:
    """The array for each image; DittosimError if its shape or its values are wrong."""
    dims = argument.dims
    shape = array.shape
    if argument.batched and array.ndim == len(dims) + 1 and len(array) in (1, images):
        shape = array.shape[1:]
    for length, dim in zip(shape, dims, strict=False):
        if isinstance(dim, str):
            dim = lengths.setdefault(dim, length)
        if length != dim or not length or len(shape) != len(dims):
            break
    else:
        if len(shape) == len(dims):
            if argument.below is not None:
                _check_labels(argument, array, where)
            else:
                array = array.astype(np.float32)
            return np.broadcast_to(array, (images, *shape)) if argument.batched else array
    named = {dim: lengths[dim] for dim in dims if isinstance(dim, str) and dim in lengths}
    lengths_ = "".join(f" ({name} = {length})" for name, length in named.items())
    raise DittosimError(
        f"{where}: '{argument.name}' is {array.shape}, but must be {_shape(argument)}"
        f"{lengths_}{_because(argument)}"
    )


def _check_labels(argument: Argument, array: np.ndarray, where: str) -> None:
    below = argument.below or 0
    if array.dtype.kind not in "iu" or array.min() < 0 or array.max() >= below:
        raise DittosimError(
            f"{where}: '{argument.name}' must be integers from 0 to {below - 1}{_because(argument)}"
        )


def _for_images(array: np.ndarray, images: int) -> np.ndarray:
    """An array that only the signature speaks of: one of length 1 is repeated for all images."""
    if array.ndim and len(array) == 1:
        return np.broadcast_to(array, (images, *array.shape[1:]))
    return array


def _shape(argument: Argument) -> str:
    each = ", ".join(map(str, argument.dims)) + ("," if len(argument.dims) == 1 else "")
    rest = ", ".join(map(str, argument.dims)) or ""
    batch = f"(images{', ' if rest else ','}{rest})"
    return f"({each}) or {batch}" if argument.batched else f"({each})"


def _because(argument: Argument) -> str:
    return f" ({argument.reason})" if argument.reason else ""


def _cure(name: str) -> str:
    return "give it with --context or --inputs" if name == CONTEXT else "give it with --inputs"
