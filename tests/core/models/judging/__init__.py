"""Tests of `core.models.judging`."""
