"""Tests of `core.charts.segments`."""
