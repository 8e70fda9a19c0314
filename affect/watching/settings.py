"""How a video or a live stream is watched."""

from pydantic import Field

from affect.configuration import Configuration


class WatchSettings(Configuration):
    """How frames are gathered, what is remembered, and what is answered besides what the model was trained for.

    The defaults are for files: all the speed there is, and the answers that jobs.evaluate gives. LIVE is for streams.
    """

    batch: int = Field(default=32, ge=1)
    """Frames that go through the network together."""
    latency_s: float | None = Field(default=None, ge=0)
    """A frame waits no longer for others to go with; None: until the batch is full. 0 answers each as it comes."""
    ahead: int = Field(default=4, ge=1)
    """Frames decoded ahead; each is a whole picture in memory."""
    carry: bool = False
    """Whether a recurrent network remembers a face as long as it is followed.

    The default, as jobs.evaluate's, asks about sequences as long as those trained on, each from the beginning.
    """
    length: int | None = Field(default=None, ge=1)
    """Frames of such a sequence; None: as trained."""
    max_gap: int | None = Field(default=None, ge=0)
    """So many frames without the face memory outlasts; None: as trained."""
    causal: bool | None = None
    """Whether a network that takes sound is shown only what was heard by the frame's time; None: as trained."""
    landmarks68: bool = False
    """Also find and answer 68 landmarks where the model does not take them."""
    embedding: bool = False
    """Also answer what the network reads its predictions from."""
    derived_compound: bool = False
    """Also answer scores of compound expressions, derived as in FaceBehaviorNet, section 7.5."""


LIVE = WatchSettings(batch=1, latency_s=0, carry=True, causal=True)
"""Each frame is answered before the next comes, with all that was seen before and nothing of what follows."""
