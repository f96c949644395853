"""Tests of `core.charts.predictions`."""
