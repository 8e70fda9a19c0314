"""Which recordings are yet to be curated, found without decoding anything."""

from collections.abc import Iterable, Mapping

from affect import storage
from affect.curation.recordings import Recording
from affect.curation.settings import CurationSettings
from affect.curation.summary import RecordingSummary, finished, recording_fingerprint, size_of
from affect.curation.trims import WHOLE, Trim
from affect.errors import AffectError
from affect.outstanding import Outstanding, look_at_all


def outstanding(
    recordings: Iterable[Recording], trims: Mapping[str, Trim], folder: str, settings: CurationSettings
) -> Outstanding[Recording, RecordingSummary]:
    """What is to be done, and what an earlier run did or set aside and is unchanged since."""
    clips = set(storage.list_files(storage.join(folder, "batch1")))

    def check(recording: Recording) -> tuple[int, RecordingSummary | None]:
        try:
            size = size_of(recording)
            fingerprint = recording_fingerprint(recording, trims.get(recording.name, WHOLE), settings)
        except AffectError:  # gone since it was listed; its worker says so
            return 0, None
        return size, finished(folder, recording.name, fingerprint, clips)

    return look_at_all(recordings, check)
