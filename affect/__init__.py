"""Valence-arousal, action units and expressions from videos and pictures of people.

A plain library, laid out in the order data flows through it:
corpora -> media -> faces -> samples -> networks -> objectives -> training -> metrics -> evaluation -> models.
Nothing in here imports Ray; jobs/ and serve/ put these parts on a cluster.
"""

__version__ = "0.1.0"
