"""What a Parquet file's rows are of, told in its metadata."""

import json
import platform
from collections.abc import Mapping
from importlib.metadata import version
from typing import Any

METADATA = b"dittosim"
"""The key"""
PACKAGES = ("numba", "numpy", "pyarrow", "scipy")


def origin(settings: Mapping[str, Any], space: object = None) -> dict[bytes, bytes]:
    """Metadata of a file: settings, ``dittosim`` among them its version; versions; the space."""
    versions = {name: version(name) for name in PACKAGES}
    about = {
        "settings": dict(settings),
        "versions": {"python": platform.python_version(), **versions},
    }
    return {METADATA: json.dumps({**about, "space": space} if space else about).encode()}
