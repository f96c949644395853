"""Tests of `core.segments.choosing`."""
