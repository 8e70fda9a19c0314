"""A model asked about videos, live pictures and sound as they stream by; the same eyes as preprocess has."""
