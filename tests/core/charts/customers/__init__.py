"""Tests of `core.charts.customers`."""
