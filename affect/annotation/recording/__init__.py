"""Annotations as people make them: traces as they come, stretches of labels, progress, review and export."""
