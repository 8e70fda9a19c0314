"""Batches on disk, sent twice, out of order, or not at all; and the trace that sessions make together."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from affect import storage
from affect.annotation.recording.progress import Progress
from affect.annotation.recording.project import Project, annotator_name
from affect.annotation.recording.sessions import Batch, ConflictError, Recordings, Session, compose
from affect.errors import AffectError
from tests.annotation.recording.made_project import batches, course, made_project


@pytest.fixture
def progress(tmp_path: Path) -> Progress:
    return made_project(tmp_path, ("one",))


def files(progress: Progress) -> list[str]:
    root = Path(progress.project.root) / "recordings"
    return sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 0, 1), (1, 1, 0, 2, 2, 0)], ids=["in-order", "late", "sent-again"])
def test_batches_make_one_session_however_they_come(progress: Progress, order: tuple[int, ...]) -> None:
    samples, item = course(0, 1), progress.project.item("one")
    sent = batches("a", samples, 5.0)
    for number in order:
        progress.recordings.append("valence", "Ann", item, sent[number])
    assert files(progress) == [f"valence/Ann/one/{'a' * 32}.json"]
    recording = Recordings(progress.project).read("valence", "Ann", item)
    np.testing.assert_array_equal(recording.samples, np.array(samples))


def test_a_video_may_be_named_like_a_session(tmp_path: Path) -> None:
    name = "d41d8cd98f00b204e9800998ecf8427e"
    progress = made_project(tmp_path, (name,))
    item, sent = progress.project.item(name), batches("a", course(0, 1), 5.0)
    for batch in sent[:-1]:
        progress.recordings.append("valence", "Ann", item, batch)
    begun = progress.recordings.read("valence", "Ann", item)
    progress.recordings.append("valence", "Ann", item, sent[-1])
    ended = Recordings(progress.project).read("valence", "Ann", item)
    assert 0 < len(begun.samples) < len(ended.samples) == len(course(0, 1))


@pytest.mark.parametrize("when", ["while it is listed", "after it was listed"])
def test_a_session_that_ends_while_another_process_reads_is_not_missed(
    progress: Progress, monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    item, sent = progress.project.item("one"), batches("a", course(0, 1), 5.0)
    for batch in sent[:-1]:
        progress.recordings.append("valence", "Ann", item, batch)
    reader, listed = Recordings(progress.project), storage.list_files
    ends = [lambda: progress.recordings.append("valence", "Ann", item, sent[-1])]

    def listing(uri: str, suffix: str, recursive: bool = True) -> list[str]:
        found = listed(uri, suffix, recursive)
        if ends and recursive == (when == "while it is listed"):
            ends.pop()()
        return found

    monkeypatch.setattr(storage, "list_files", listing)
    assert len(reader.read("valence", "Ann", item).samples) == len(course(0, 1))


def test_what_lies_beyond_a_batch_that_has_not_come_does_not_count(progress: Progress) -> None:
    item, sent = progress.project.item("one"), batches("a", course(0, 1), 5.0)
    progress.recordings.append("valence", "Ann", item, sent[0])
    progress.recordings.append("valence", "Ann", item, sent[2])
    recording = Recordings(progress.project).read("valence", "Ann", item)
    np.testing.assert_array_equal(recording.samples, np.array(sent[0].samples))
    progress.recordings.append("valence", "Ann", item, sent[1])
    assert len(progress.recordings.read("valence", "Ann", item).samples) == len(course(0, 1))


@pytest.mark.parametrize(
    ("there", "changes"),
    [
        ((0, 2), {"samples": ((0.0, 0.25),)}),
        ((0, 2), {"number": 1, "samples": ((0.0, 0.0),)}),
        ((0, 2), {"number": 1, "mode": "redo"}),
        ((0, 2), {"number": 3, "samples": ((5.0, 0.0),)}),
        ((0, 1, 2), {"number": 3, "samples": ((5.0, 0.0),)}),
    ],
    ids=["other-content", "back-in-time", "other-purpose", "after-the-last", "after-the-end"],
)
def test_what_does_not_fit_is_refused_and_changes_nothing(
    progress: Progress, there: tuple[int, ...], changes: dict[str, Any]
) -> None:
    item, sent = progress.project.item("one"), batches("a", course(0, 1), 5.0)
    for number in there:
        progress.recordings.append("valence", "Ann", item, sent[number])
    before = files(progress)
    with pytest.raises(ConflictError):
        progress.recordings.append("valence", "Ann", item, sent[0].model_copy(update=changes))
    assert files(progress) == before


@pytest.mark.parametrize(
    ("samples", "reason"),
    [
        (((0.0, 1.01),), "outside"),
        (((1.0, 0.0), (0.5, 0.0)), "backwards"),
        (((-1.0, 0.0),), "backwards"),
        (((float("nan"), 0.0),), "not a number"),
    ],
)
def test_samples_that_are_none_are_refused(samples: tuple[tuple[float, float], ...], reason: str) -> None:
    with pytest.raises(AffectError, match=reason):
        Batch.parse({"session": "a" * 32, "number": 0, "begun_s": 1.0, "samples": samples})


def session(name: str, begun_s: float, times: list[float], value: float, **more: Any) -> Session:
    samples = np.column_stack([times, np.full(len(times), value)])
    return Session(name, begun_s, more.get("mode", "annotate"), samples)


def test_later_sessions_take_the_place_of_earlier_ones_where_they_cover_them() -> None:
    first = session("b", 1, [0, 1, 2, 3, 4], 0.1)
    again = session("a", 2, [1.5, 2, 2.5], 0.2, mode="verify")
    further = session("c", 3, [6, 7], 0.3)
    whole = compose([further, first, again])
    assert whole.samples[:, 0].tolist() == [0, 1, 1.5, 2, 2.5, 3, 4, 6, 7]
    assert whole.samples[:, 1].tolist() == [0.1, 0.1, 0.2, 0.2, 0.2, 0.1, 0.1, 0.3, 0.3]
    assert whole.spans == [(0, 4), (6, 7)]
    anew = compose([first, again, session("d", 4, [0, 1], 0.4, mode="redo"), session("e", 5, [1, 2], 0.5)])
    assert anew.samples.tolist() == [[0, 0.4], [1, 0.5], [2, 0.5]]
    assert (anew.begun_anew, anew.sessions) == ("d", 2)


@pytest.mark.parametrize("name", ["", "../up", "a/b", ".hidden", "x" * 41, "a\0b", "-", "a\nb\x07"])
def test_names_that_could_lead_elsewhere_are_refused(name: str) -> None:
    with pytest.raises(AffectError, match="annotator's name"):
        annotator_name(name)


def test_names_are_the_same_however_they_are_typed() -> None:
    assert annotator_name("  Zoe\u0308   O'Hara ") == annotator_name("Zoë O'Hara")


def test_two_people_are_two_items_and_unknown_videos_are_told(tmp_path: Path) -> None:
    project = made_project(tmp_path).project
    Path(project.file("project.yaml")).write_text("two_people: [two]\n")
    again = Project.open(project.root, str(tmp_path / "videos"))
    assert list(again.items) == ["one", "two_left", "two_right"]
    Path(project.file("project.yaml")).write_text("two_people: [three]\n")
    with pytest.raises(AffectError, match="'three'"):
        Project.open(project.root, str(tmp_path / "videos"))


def test_faults_of_settings_and_videos_name_the_file(progress: Progress) -> None:
    project = progress.project
    Path(project.media["one"]).write_bytes(b"no video")
    with pytest.raises(AffectError, match=f"{project.media['one']}: the file is not a readable"):
        project.facts("one")
    settings = Path(project.file("project.yaml"))
    settings.write_text("title: [a\n")
    with pytest.raises(AffectError, match=f"{settings}: .*not YAML"):
        Project.open(project.root, str(Path(project.media["one"]).parent))
