"""Tests of `core.charts.sales`."""
