"""The interface does what its OpenAPI document says, for requests made from the document, right and wrong ones."""

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from serve.body import ANY_PICTURE, MEDIA_TYPES
from serve.settings import Limits
from tests.serve.made_bodies import JPEG, PNG, WEBP
from tests.serve.made_recognition import made_api

pytestmark = pytest.mark.cluster

pictures = st.sampled_from([JPEG, PNG, WEBP])
schemathesis.openapi.format("binary", pictures)  # any bytes, says the document, but few are a picture
for media_type in (*MEDIA_TYPES, ANY_PICTURE):
    schemathesis.openapi.media_type(media_type, pictures)
schema = schemathesis.openapi.from_asgi("/openapi.json", made_api(limits=Limits(request_s=5)))


@schema.parametrize()
@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
def test_every_answer_is_one_that_is_documented(case: schemathesis.Case) -> None:
    case.call_and_validate()
