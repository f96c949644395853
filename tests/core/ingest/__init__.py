"""Tests of `core.ingest`."""
