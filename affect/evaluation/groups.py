"""Groups of people or pictures from a file: who is young, who turns away, whatever its columns say."""

import itertools
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pc_csv
import pyarrow.parquet as pq
from numpy.typing import NDArray

from affect import storage
from affect.errors import AffectError
from affect.evaluation.settings import GroupSettings

KEYS = ("corpus", "video", "subject", "person", "frame")
"""Columns that say which rows are meant; those that the file has, and all of them together."""

DISTINCT = 10
"""A column of no more different numbers names groups by them; one of more is cut."""

_APART = "\x1f"


@dataclass(frozen=True)
class Groups:
    """Which group of each column a row belongs to."""

    keys: tuple[str, ...]
    known: pa.Array
    """What the keys of the file's rows say, joined."""
    columns: Mapping[str, pa.Array]
    """Names of groups, as long as ``known``; null where the file says nothing."""
    order: Mapping[str, tuple[str, ...]]
    """The groups of each column, as they are to be told."""

    def of(self, table: pa.Table) -> dict[str, NDArray[np.int64]]:
        """For each column the place in ``order`` of the group of each row of predictions (n,); -1 where it has none."""
        rows = pc.index_in(_joined(table, self.keys), value_set=self.known)
        return {
            name: pc.fill_null(pc.index_in(column.take(rows), value_set=pa.array(self.order[name])), -1)
            .to_numpy(zero_copy_only=False)
            .astype(np.int64)
            for name, column in self.columns.items()
        }


def read_groups(settings: GroupSettings) -> Groups | None:
    """The groups of the file; None where none is given.

    Raises AffectError for a file that is no table, names no rows or no groups, says two things of the same rows, or
    lacks a column that is to be cut.
    """
    if not settings.file:
        return None
    table = _read(settings.file)
    keys = tuple(name for name in KEYS if name in table.column_names)
    names = [name for name in table.column_names if name not in KEYS]
    if not keys or not names:
        raise AffectError(
            f"{settings.file} has the columns {', '.join(table.column_names)}; a file of groups has at least one of "
            f"{', '.join(KEYS)}, that say which rows are meant, and one of groups, as age"
        )
    for column in settings.edges:
        if column not in names:
            raise AffectError(f"groups.edges names {column!r}, {settings.file} has columns of {', '.join(names)}")
    known = _joined(table, keys)
    if known.null_count:
        line = known.is_null().index(True).as_py() + 1
        raise AffectError(f"row {line} of {settings.file} lacks {' or '.join(keys)}; every row says whom it means")
    if len(known.unique()) < len(known):
        counts = known.value_counts()
        twice = next(one["values"] for one in counts.to_pylist() if one["counts"] > 1).replace(_APART, ", ")
        raise AffectError(f"{settings.file} has more than one row for {twice}; give each once")
    columns = {name: _names(table[name].combine_chunks(), name, settings) for name in names}
    return Groups(
        keys,
        known,
        {name: named for name, (named, _) in columns.items()},
        {name: of for name, (_, of) in columns.items()},
    )


def _read(uri: str) -> pa.Table:
    try:
        with storage.local_copy(uri) as path:
            if uri.endswith(".parquet"):
                return pq.read_table(path)
            as_text = pc_csv.ConvertOptions(
                column_types={name: pa.string() for name in KEYS if name != "frame"}, strings_can_be_null=True
            )
            return pc_csv.read_csv(path, convert_options=as_text)
    except (pa.ArrowInvalid, FileNotFoundError) as error:
        raise AffectError(
            f"{uri} cannot be read as a table of groups ({error}); give a .parquet file, or a CSV with a line of names"
        ) from error


def _joined(table: pa.Table, keys: tuple[str, ...]) -> pa.Array:
    texts = [table[name].combine_chunks().cast(pa.string()) for name in keys]
    return pc.binary_join_element_wise(*texts, _APART)


def _names(column: pa.Array, name: str, settings: GroupSettings) -> tuple[pa.Array, tuple[str, ...]]:
    """The group of each row of ``column``, and the groups in order: of numbers ascending, others by name."""
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    numeric = pa.types.is_integer(column.type) or pa.types.is_floating(column.type)
    if name in settings.edges and not numeric:
        raise AffectError(f"groups.edges cuts {name!r}, which is no column of numbers in {settings.file}")
    values = column.cast(pa.float64()).to_numpy(zero_copy_only=False) if numeric else np.empty(0)
    values = np.where(np.isfinite(values), values, np.nan)
    given = np.unique(values[np.isfinite(values)])
    if numeric and (name in settings.edges or len(given) > DISTINCT):
        cuts = settings.edges.get(name) or _quantiles(values, settings.quantiles)
        titles = _titles(cuts)
        places = np.searchsorted(np.asarray(cuts), values, side="right")
        return pa.array(titles).take(pa.array(places, mask=np.isnan(values))), titles
    if numeric:
        texts = pa.array([None if np.isnan(value) else f"{value:g}" for value in values], pa.string())
        return texts, tuple(f"{value:g}" for value in given)
    texts = column.cast(pa.string())
    # An empty cell of a CSV says nothing.
    texts = pc.if_else(pc.equal(texts, ""), pa.scalar(None, pa.string()), texts)
    return texts, tuple(sorted(texts.drop_null().unique().to_pylist()))


def _quantiles(values: NDArray[np.float64], parts: int) -> tuple[float, ...]:
    """Cuts into ``parts`` of as nearly equal size as the values allow."""
    cuts = np.unique(np.nanquantile(values, np.arange(1, parts) / parts, method="higher"))
    return tuple(cuts[cuts > np.nanmin(values)].tolist())


def _titles(cuts: tuple[float, ...]) -> tuple[str, ...]:
    between = (f"{low:g} to below {high:g}" for low, high in itertools.pairwise(cuts))
    return (f"below {cuts[0]:g}", *between, f"{cuts[-1]:g} and above")
