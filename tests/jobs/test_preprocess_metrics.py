import pytest

from affect.preprocessing.summary import ClipSummary
from jobs import metrics
from jobs.preprocess_metrics import PreprocessMetrics
from tests.jobs.made_instruments import Instruments


def test_every_clip_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    instruments = Instruments()
    monkeypatch.setattr(metrics, "instrument", instruments)
    job = PreprocessMetrics("aff-wild2", "s3://bucket/rows", clips=3)
    assert instruments.told == {("affect_preprocess_clips_left",): 3, ("affect_preprocess_set_aside",): 0}
    done = ClipSummary("aff-wild2", "train", "a", "a.mp4", frames=50, seconds={"decode": 0.5, "sound": 0.0})
    job.add(done)
    job.add(ClipSummary("aff-wild2", "train", "b", "b.mp4", set_aside="broken"))
    assert instruments.told == {
        ("affect_preprocess_frames",): 50,
        ("affect_preprocess_clips", "done"): 1,
        ("affect_preprocess_clips", "set aside"): 1,
        ("affect_preprocess_clips_left",): 1,
        ("affect_preprocess_set_aside",): 1,
        ("affect_preprocess_stage_seconds", "decode"): 0.5,
    }
