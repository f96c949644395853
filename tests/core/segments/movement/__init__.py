"""Tests of `core.segments.movement`."""
