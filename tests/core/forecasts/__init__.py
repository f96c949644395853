"""Tests of `core.forecasts`."""
