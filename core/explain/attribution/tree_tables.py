"""Precomputed contributions of trees, so that explaining a customer takes only comparisons and lookups.

A leaf's contribution for an input depends only on which conditions on its path the customer meets: d conditions allow
2^d rows of numbers (Yang, 2021, "Fast TreeSHAP", version 2). Here neighbouring leaves form a part with at most eight
splits. A customer's branches at these splits are one byte, the key to the whole part's contributions for each input.
"""

import json
from dataclasses import dataclass
from typing import Any, Final, Self

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp
import xgboost as xgb

Values = npt.NDArray[np.float64]
Numbers = npt.NDArray[np.float32]
Places = npt.NDArray[np.intp]
Bytes = npt.NDArray[np.uint8]
Truths = npt.NDArray[np.bool_]

_SPLITS: Final = 8  # per part; longer paths are not supported
_WAYS: Final = 1 << _SPLITS
_LEAVES: Final = 1_024  # computed at a time
_MOST_BYTES: Final = 300e6  # size limit of all tables


@dataclass(frozen=True, kw_only=True, eq=False)
class TreeTables:
    """Lookup tables of contributions.

    Parameters
    ----------
    splits : array of int, shape (parts, 8)
        Column of each split of a part; plus the number of columns if missing values go right.
    thresholds : array of float, shape (parts, 8)
        Values at or above it go right.
    part : array of int, shape (tables,)
        The part that a table belongs to.
    values : array of float, shape (tables, 256)
        Contribution by byte of branches; bit s is set if the customer goes right at split s.
    adding : sparse matrix, shape (outputs · columns, tables)
        1 if a table contributes to that output and column.
    """

    splits: Places
    thresholds: Numbers
    part: Places
    values: Numbers
    adding: sp.csr_array

    @classmethod
    def of(cls, booster: xgb.Booster, outputs: int) -> Self | None:
        """Compute the tables of trees.

        Parameters
        ----------
        booster : Booster
            Trained with a `min_child_weight` above 0, so that some of the training data went each way.
        outputs : int
            Number of margins.

        Returns
        -------
        TreeTables or None
            None if trees are too deep, too many, of an unsupported kind, or without a split.
        """
        columns = booster.num_features()
        nodes = _Nodes.of(booster)
        paths = _Paths.of(nodes) if nodes else None
        if nodes is None or paths is None:
            return None
        part = _parts(paths)
        splits, thresholds, bits = _splits(nodes, paths, part, columns)
        asked = _Asked.of(nodes, paths, bits, columns)
        keys, table = np.unique((part[:, None] * outputs * columns + asked.target)[asked.counts], return_inverse=True)
        if len(keys) * _WAYS * np.float32().nbytes > _MOST_BYTES:
            return None
        part_of, target = np.divmod(keys, outputs * columns)
        adding = sp.csr_array((np.ones(len(keys)), (target, np.arange(len(keys)))), (outputs * columns, len(keys)))
        values = _values(asked, table, nodes.value[paths.leaves], len(keys))
        return cls(splits=splits, thresholds=thresholds, part=part_of, values=values, adding=adding)

    def added(self, rows: Numbers) -> Values:
        """Return the contributions of columns to outputs, shape (customers, outputs · columns)."""
        places = self._ways(rows)[self.part] + np.arange(0, self.values.size, _WAYS)[:, None]
        found: Values = (self.adding @ self.values.ravel().take(places)).T
        return found

    def _ways(self, rows: Numbers) -> Bytes:
        """Return the byte of branches of each part and customer."""
        numbers = np.ascontiguousarray(rows.T)
        missing, infinite = np.isnan(numbers), np.float32(np.inf)
        either = np.concatenate([np.where(missing, -infinite, numbers), np.where(missing, infinite, numbers)])
        found = np.zeros((len(self.splits), len(rows)), dtype=np.uint8)
        for split in range(_SPLITS):
            right = either[self.splits[:, split]] >= self.thresholds[:, split, None]
            found |= right.view(np.uint8) << np.uint8(split)
        return found


@dataclass(frozen=True, kw_only=True, eq=False)
class _Nodes:
    """Nodes of all trees in sequence; `left` of a leaf is negative, `value` is its value or a threshold."""

    roots: Places
    left: Places
    right: Places
    column: Places
    value: Values
    missing_right: Truths
    cover: Values
    output: Places

    @classmethod
    def of(cls, booster: xgb.Booster) -> Self | None:
        """Read the nodes; None for unsupported trees: weighted ones, or those with categorical splits."""
        learner = json.loads(booster.save_raw("json"))["learner"]["gradient_booster"]
        trees = learner["model"]["trees"] if learner["name"] == "gbtree" else []
        if not trees or any(any(tree["split_type"]) for tree in trees):
            return None
        sizes = [len(tree["left_children"]) for tree in trees]
        roots = np.cumsum([0, *sizes[:-1]])
        offsets = np.repeat(roots, sizes)

        def joined(name: str) -> npt.NDArray[Any]:
            return np.concatenate([tree[name] for tree in trees])

        left, right = joined("left_children"), joined("right_children")
        return cls(
            roots=roots,
            left=np.where(left < 0, -1, left + offsets),
            right=right + offsets,
            column=joined("split_indices"),
            value=joined("split_conditions"),
            missing_right=joined("default_left") == 0,
            cover=joined("sum_hessian"),
            output=np.repeat(learner["model"]["tree_info"], sizes),
        )


@dataclass(frozen=True, kw_only=True, eq=False)
class _Paths:
    """Paths to the leaves, from left to right within a tree.

    Parameters
    ----------
    leaves : array of int, shape (leaves,)
        Nodes of the leaves.
    nodes : array of int, shape (leaves, depth)
        Splits from the root on; −1 after the last one.
    right : array of bool, shape (leaves, depth)
        True if the path goes right.
    """

    leaves: Places
    nodes: Places
    right: Truths

    @classmethod
    def of(cls, nodes: _Nodes) -> Self | None:
        """Follow all paths down; None if one passes more than eight splits, or none passes any.

        A tree without a split predicts the same for all customers, and is excluded.
        """
        here = nodes.roots
        path = np.empty((len(here), 0), dtype=np.intp)
        right = np.empty((len(here), 0), dtype=bool)
        while (inner := nodes.left[here] >= 0).any():
            if path.shape[1] == _SPLITS:
                return None
            times = np.where(inner, 2, 1)  # both branches replace the path so far, left before right
            came = np.repeat(np.arange(len(here)), times)
            second = np.r_[False, came[1:] == came[:-1]]
            on = inner[came]
            path = np.column_stack([path[came], np.where(on, here[came], -1)])
            right = np.column_stack([right[came], second])
            here = np.where(on, np.where(second, nodes.right[here[came]], nodes.left[here[came]]), here[came])
        split = (path >= 0).any(axis=1)
        return cls(leaves=here[split], nodes=path[split], right=right[split]) if split.any() else None


def _parts(paths: _Paths) -> Places:
    """Return the part of each leaf: as many neighbours as have at most eight splits on their paths.

    In the order of leaves, all splits that a leaf shares with earlier ones are shared with the one just before it.
    """
    nodes = paths.nodes
    lengths = (nodes >= 0).sum(axis=1)
    shared = np.zeros(len(nodes), dtype=np.intp)
    shared[1:] = ((nodes[1:] == nodes[:-1]) & (nodes[1:] >= 0)).sum(axis=1)
    found, part, size = np.empty(len(nodes), dtype=np.intp), 0, 0
    for place, (length, old) in enumerate(zip(lengths.tolist(), shared.tolist(), strict=True)):
        size += length - old
        if size > _SPLITS:
            part, size = part + 1, length
        found[place] = part
    return found


def _splits(nodes: _Nodes, paths: _Paths, part: Places, columns: int) -> tuple[Places, Numbers, Bytes]:
    """Return the splits and thresholds of each part (see `TreeTables`), and the bit of each split of each path."""
    count, passed = len(nodes.left), paths.nodes >= 0
    keys, place = np.unique((part[:, None] * count + paths.nodes)[passed], return_inverse=True)
    part_of, split = np.divmod(keys, count)
    number = np.arange(len(keys)) - np.searchsorted(part_of, part_of)
    shape = (int(part[-1]) + 1, _SPLITS)
    found, thresholds = np.zeros(shape, dtype=np.intp), np.zeros(shape, dtype=np.float32)
    found[part_of, number] = nodes.column[split] + columns * nodes.missing_right[split]
    thresholds[part_of, number] = nodes.value[split]
    bits = np.zeros(paths.nodes.shape, dtype=np.uint8)
    bits[passed] = 1 << number[place]
    return found, thresholds, bits


@dataclass(frozen=True, kw_only=True, eq=False)
class _Asked:
    """The condition of each leaf on each input of its path; several splits on one input are one condition.

    All arrays have the shape (leaves, depth).

    Parameters
    ----------
    target : array of int
        Output · columns + column.
    counts : array of bool
        True if there is a condition; otherwise all customers pass.
    mask, wanted : array of uint8
        Bits of its splits, and their required values.
    share : array of float
        Share of the training data that passes.
    """

    target: Places
    counts: Truths
    mask: Bytes
    wanted: Bytes
    share: Values

    @classmethod
    def of(cls, nodes: _Nodes, paths: _Paths, bits: Bytes, columns: int) -> Self:
        """Combine the splits of each path by input."""
        passed = paths.nodes >= 0
        depth = np.arange(passed.shape[1])
        target = nodes.output[paths.leaves, None] * columns + nodes.column[paths.nodes]
        target = np.where(passed, target, -1 - depth)
        same = target[:, :, None] == target[:, None, :]
        counts = passed & (same.argmax(axis=2) == depth)
        after = np.column_stack([paths.nodes[:, 1:], np.full(len(passed), -1)])
        after = np.where(after >= 0, after, paths.leaves[:, None])
        share = np.where(passed, nodes.cover[after] / nodes.cover[paths.nodes], 1.0)
        either = same & counts[:, :, None]
        return cls(
            target=target,
            counts=counts,
            mask=np.bitwise_or.reduce(either * bits[:, None, :], axis=2),
            wanted=np.bitwise_or.reduce(either * (bits * paths.right)[:, None, :], axis=2),
            share=np.where(either, share[:, None, :], 1.0).prod(axis=2),
        )


def _values(asked: _Asked, table: Places, leaf: Values, tables: int) -> Numbers:
    """Return the tables by byte of branches, each the sum over the leaves of its part."""
    to = np.zeros(asked.counts.shape, dtype=np.intp)
    to[asked.counts] = table
    found = np.zeros((tables, _WAYS), dtype=np.float32)
    for start in range(0, len(leaf), _LEAVES):
        some = slice(start, start + _LEAVES)
        rows = to[some][asked.counts[some]]
        first, last = rows.min(), rows.max() + 1
        adding = sp.csr_array((np.ones(len(rows)), (rows - first, np.arange(len(rows)))), (last - first, len(rows)))
        each = leaf[some, None, None] * _shapley(asked.share[some])
        found[first:last] += adding @ _by_ways(asked, some, each)[asked.counts[some]]
    return found


def _by_ways(asked: _Asked, some: slice, each: Values) -> Values:
    """Return contributions of leaves by byte of branches instead of conditions met, shape (leaves, depth, 256)."""
    leaves, depth, passes = each.shape
    ways, passed = np.arange(_WAYS, dtype=np.uint8), np.zeros((leaves, _WAYS), dtype=np.intp)
    for place in range(depth):
        met = (ways & asked.mask[some, place, None]) == asked.wanted[some, place, None]
        passed += met.astype(np.intp) << place
    starts = np.arange(0, each.size, passes).reshape(leaves, depth, 1)
    found: Values = each.ravel().take(starts + passed[:, None, :])
    return found


def _shapley(share: Values) -> Values:
    """Return Shapley values of the conditions of a leaf of value 1, by the set of conditions met.

    The value of the game is ∏ (1 or 0, as met, for known inputs) · ∏ (share, for the others). The value of an input is
    the integral from 0 to 1 of the slope of its multilinear extension (Owen, 1972, "Multilinear extensions of games",
    theorem 5). The slope is a polynomial, so Gauss-Legendre quadrature is exact.

    Parameters
    ----------
    share : array of float, shape (leaves, depth)
        Share of the training data that meets each condition.

    Returns
    -------
    array of float, shape (leaves, depth, 2 ** depth)
        Values by a number whose bits are the conditions met.
    """
    depth = share.shape[1]
    passed = (np.arange(1 << depth) >> np.arange(depth)[:, None]) & 1
    points, weights = np.polynomial.legendre.leggauss(depth // 2 + 1)
    slope = np.zeros((len(share), depth, 1 << depth))
    for point, weight in zip((points + 1) / 2, weights / 2, strict=True):
        each = (1 - point) * share[:, :, None] + point * passed
        slope += weight * each.prod(axis=1, keepdims=True) / each
    found: Values = slope * (passed - share[:, :, None])
    return found
