"""The sample corpus: invented talking heads and one real portrait, made by this package. Entirely synthetic labels."""

from affect.corpora.sample.animation import Animation, animate
from affect.corpora.sample.people import people, write_people_index, write_person
from affect.corpora.sample.plan import ClipPlan, PersonPlan, people_by_split, plan
from affect.corpora.sample.scene import pictures
from affect.corpora.sample.settings import SampleSettings
from affect.corpora.sample.writer import video_uri, write_clip, write_index

__all__ = [
    "Animation",
    "ClipPlan",
    "PersonPlan",
    "SampleSettings",
    "animate",
    "people",
    "people_by_split",
    "pictures",
    "plan",
    "video_uri",
    "write_clip",
    "write_index",
    "write_people_index",
    "write_person",
]
