"""Tests of `core.models.data`."""
