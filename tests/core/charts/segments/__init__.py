"""Tests of `core.charts.segments.treemap`."""
