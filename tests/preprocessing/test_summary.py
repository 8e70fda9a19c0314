"""What makes a clip's rows others, and what does not."""

from pathlib import Path

from affect.preprocessing import summary
from affect.preprocessing.settings import DetectorSettings, Preprocessing
from affect.preprocessing.summary import clip_fingerprint
from tests.made_media import FolderOfClips


def test_weights_of_a_detector_decide_the_rows_of_that_detector_only(tmp_path: Path) -> None:
    """By what is in their file; rows of the other detectors stay as they were before there were such settings."""
    (tmp_path / "clip.mp4").write_bytes(b"a video")
    weights = tmp_path / "ssh.safetensors"
    weights.write_bytes(b"some")
    corpus = FolderOfClips(str(tmp_path))
    (clip,) = corpus.clips()

    def fingerprint(**detector: object) -> str:
        summary._digest_of.cache_clear()
        settings = Preprocessing(detector=DetectorSettings.parse(detector))
        return clip_fingerprint(corpus, clip, settings, {})

    plain = fingerprint()
    assert fingerprint(weights=str(weights), pyramid=[0.5, 1]) == plain
    ssh = fingerprint(name="ssh", weights=str(weights))
    assert ssh not in {plain, fingerprint(name="ssh", weights=str(weights), pyramid=[0.5, 1])}
    assert fingerprint(name="ssh", weights=str(weights)) == ssh
    weights.write_bytes(b"others")
    assert fingerprint(name="ssh", weights=str(weights)) != ssh
    assert not {"weights", "pyramid"} & set(Preprocessing().decisive()["detector"])
