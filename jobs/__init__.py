"""What ``ray job submit`` runs: each job parses, builds, runs and reports; what it does is in ``affect``."""
