"""The splits of corpora, by the names that corpora give them."""

SPLITS = ("train", "validation", "test")
"""From the least to the most held-out."""

_BEGINNINGS = {"train": "train", "val": "validation", "dev": "validation", "test": "test"}


def split_named(name: str) -> str | None:
    """The split that a folder or file named so belongs to: "Training_Set", "Val_AFEW", "dev_3.mp4"; None if none."""
    lower = name.lower()
    return next((split for beginning, split in _BEGINNINGS.items() if lower.startswith(beginning)), None)
