"""Tests of `core.charts.explanations`."""
