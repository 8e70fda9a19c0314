"""Training without Ray: which rows make each step, what is done with them, what a checkpoint holds."""
