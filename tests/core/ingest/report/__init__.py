"""Tests of `core.ingest.report`."""
