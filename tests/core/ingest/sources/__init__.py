"""Tests of `core.ingest.sources`."""
