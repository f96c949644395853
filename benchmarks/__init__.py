"""Benchmarks of the project against alternatives.

A name comes in (`python -m benchmarks ingest`), a table of times and memory goes out. Start with `measure`.
"""
