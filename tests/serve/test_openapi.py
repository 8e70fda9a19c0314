"""The interface does what its OpenAPI document says, for requests made from the document, right and wrong ones."""

import tempfile
from pathlib import Path

import pytest
import schemathesis
from hypothesis import HealthCheck, assume, settings
from hypothesis import strategies as st
from schemathesis.specs.openapi.checks import negative_data_rejection, positive_data_acceptance

from serve.body import ANY_PICTURE, MEDIA_TYPES
from serve.routes.video import SOUNDS, VIDEOS
from serve.settings import Access, Limits
from tests.made_media import make_video
from tests.serve.made_bodies import JPEG, PNG, SMALL, WEBP
from tests.serve.made_recognition import made_api

pytestmark = pytest.mark.cluster

pictures = st.sampled_from([JPEG, PNG, WEBP])
schemathesis.openapi.format("binary", pictures)  # any bytes, says the document, but few are a picture
for media_type in (*MEDIA_TYPES, ANY_PICTURE):
    schemathesis.openapi.media_type(media_type, pictures)
with tempfile.TemporaryDirectory() as folder:
    clip = make_video(Path(folder, "clip.mp4"), [SMALL] * 2).read_bytes()
for media_type in VIDEOS + SOUNDS:
    schemathesis.openapi.media_type(media_type, st.just(clip))
access = Access(hosts=("testserver",))  # the name by which schemathesis asks
schema = schemathesis.openapi.from_asgi("/openapi.json", made_api(limits=Limits(request_s=5), access=access))


@schema.parametrize()
@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
def test_every_answer_is_one_that_is_documented(case: schemathesis.Case) -> None:
    # An empty list is sent as no part at all: what was to be wrong about the form would not be there.
    assume(not isinstance(case.body, dict) or [] not in case.body.values())
    # The models of this interface look at faces and refuse every sound; as part of a form pictures stand for all files.
    excluded = [positive_data_acceptance] if case.path in {"/v1/sound", "/v1/video"} else []
    if case.path == "/v1/faces:batch":  # a part that is no picture is told in its place, and the call goes on
        excluded = [negative_data_rejection]
    case.call_and_validate(excluded_checks=excluded)
