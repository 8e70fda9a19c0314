"""The sample corpus as a folder for each person, read by the reader of such corpora."""

from pathlib import Path

from affect.corpora import open_corpus
from affect.corpora.sample import SampleSettings, people, write_people_index, write_person
from tests.corpora.reading import rows


def test_people_are_written_as_they_are_read(tmp_path: Path) -> None:
    settings = SampleSettings(form="identities", people=3, seconds=0.5, width=96, height=72)
    write_people_index(str(tmp_path), settings)
    written = {subject: write_person(subject, number, str(tmp_path), settings) for subject, number in people(settings)}
    corpus = open_corpus("sample-identities", str(tmp_path))
    found = rows(corpus)
    assert corpus.synthetic
    assert {subject: sum(row["subject"] == subject for row in found) for subject in written} == written
    assert {row["split"] for row in found} == {"train", "validation"}
