"""Tests of `core.segments.rules`."""
