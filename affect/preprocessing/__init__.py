"""From a clip as it lies on disk to rows of the one schema."""
