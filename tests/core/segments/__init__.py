"""Tests of `core.segments`."""
