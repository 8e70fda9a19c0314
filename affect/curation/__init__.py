"""From raw recordings to the videos of a corpus: one scene and one person, or two together, at one frame rate."""
