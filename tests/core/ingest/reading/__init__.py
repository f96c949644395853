"""Tests of `core.ingest.reading`."""
