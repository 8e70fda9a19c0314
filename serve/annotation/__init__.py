"""The annotation tool over HTTP: what it records is ``affect.annotation.recording``'s."""
