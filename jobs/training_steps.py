"""The steps of a training as Ray Data reads them; its tasks load this and no more of training than they need."""

from collections.abc import Iterable

import pyarrow as pa
import ray
from ray.data import DataContext, ExecutionResources
from ray.data.collate_fn import ArrowBatchCollateFn

from affect.training.batches import Collate, Step
from affect.training.row_cache import RowCache
from affect.training.settings import TrainConfig

BLOCK_BYTES = 32 * 2**20


class _Collate(ArrowBatchCollateFn):
    def __init__(self, config: TrainConfig) -> None:
        self.collate = Collate(config.network.input_size, config.network.takes, config.augmentation, config.seed)

    def __call__(self, batch: pa.Table) -> Step:
        return self.collate(batch)


def stream_steps(
    course: ray.ObjectRef, config: TrainConfig, rank: int, world: int, epoch: int, step: int
) -> Iterable[Step]:
    """The steps of one worker from (epoch, step) to the end of the run, read ahead by Ray Data tasks, in order.

    With ``resources.data_cpus_per_worker`` 0 the worker reads them by itself, each part when it comes to it.
    """
    reads = ray.get(course).reads(world, epoch, step)
    cache = RowCache(config.resources.row_cache_gib)
    if not config.resources.data_cpus_per_worker:
        whole, collate = ray.get(course), _Collate(config)
        tables = (whole.read(one, rank, world, cache.open) for one in reads)
        return (collate(table.slice(number, 1)) for table in tables for number in range(table.num_rows))
    planned = ray.put(reads)

    def read(batch: pa.Table) -> pa.Table:
        number = batch["id"][0].as_py()
        return ray.get(course).read(ray.get(planned)[number], rank, world, cache.open)

    context = DataContext.get_current()
    context.enable_progress_bars = False
    context.target_max_block_size = BLOCK_BYTES
    dataset = ray.data.range(len(reads), override_num_blocks=len(reads)).map_batches(
        read, batch_size=None, batch_format="pyarrow"
    )
    options = dataset.context.execution_options
    options.preserve_order = True
    options.resource_limits = ExecutionResources(cpu=config.resources.data_cpus_per_worker)
    steps: Iterable[Step] = dataset.iterator().iter_torch_batches(
        batch_size=1, prefetch_batches=2, collate_fn=_Collate(config), device="cpu"
    )
    return steps
