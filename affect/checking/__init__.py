"""Checking a corpus as it lies on disk, and counting what it holds."""
