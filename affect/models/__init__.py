"""Finished models: their files, the store that keeps them under names, and how to ask one about pictures."""
