"""What SDXL's U-Net is given beside its context: a text's embedding, and sizes of the image.

Each size becomes sines and cosines as the time does; they follow the embedding in one vector.
"""

from collections.abc import Mapping

import numpy as np

from dittosim.importing.unet2d_condition import Unet2dConditionConfig
from golden.floating.operators import sinusoids

TEXT = "added_cond_kwargs.text_embeds"
SIZES = "added_cond_kwargs.time_ids"


def added_vector(
    config: Unet2dConditionConfig, inputs: Mapping[str, np.ndarray]
) -> np.ndarray | None:
    """The vector, float64 (projection_class_embeddings_input_dim,); None if the model takes none.

    ``inputs`` are :data:`TEXT`, (channels,) or (1, channels), and :data:`SIZES`, likewise. Raises
    ValueError for one that is missing or of a wrong shape.
    """
    each, width = config.addition_time_embed_dim, config.projection_class_embeddings_input_dim
    if config.addition_embed_type is None or each is None or width is None:
        return None
    parts = []
    for name in (TEXT, SIZES):
        if name not in inputs:
            raise ValueError(
                f"addition_embed_type = {config.addition_embed_type}: '{name}' is missing; give it "
                "with --inputs"
            )
        array = inputs[name]
        if array.ndim == 2 and len(array) == 1:
            array = array[0]
        if array.ndim != 1 or not len(array):
            raise ValueError(f"'{name}' is {inputs[name].shape}, but must be one vector")
        parts.append(array)
    text, sizes = parts
    check_widths(len(text), len(sizes), each, width)
    waves = sinusoids(sizes, each // 2, config.flip_sin_to_cos, config.freq_shift)
    return np.concatenate([text.astype(np.float64), waves.ravel()])


def check_widths(text: int, sizes: int, each: int, width: int) -> None:
    """Raises ValueError unless a text's channels and ``each`` of so many sizes make ``width``."""
    if text + sizes * each != width:
        raise ValueError(
            f"projection_class_embeddings_input_dim = {width}: '{TEXT}' of {text} and {sizes} "
            f"'{SIZES}' of {each} each make {text + sizes * each}"
        )
