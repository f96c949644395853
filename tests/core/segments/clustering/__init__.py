"""Tests of `core.segments.clustering`."""
