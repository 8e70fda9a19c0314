"""Speed as ratios against plain baselines, both sides measured in one run with the same threads."""
