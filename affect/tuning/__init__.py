"""Searching for hyperparameters: what is varied, and what came out."""
