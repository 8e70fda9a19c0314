"""From annotators' traces to labels, and from labelled corpora to splits and balanced training data."""
