"""What is measured against what: `python -m benchmarks ingest`, `python -m benchmarks files`."""
