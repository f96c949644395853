"""Clientele's headless core: from order files to customer segments, forecasts and reasons.

Files and database tables come in through `ingest`; pages (`ui`), command-line results and exports (`act`) go out. Read
docs/ARCHITECTURE.md first, then `customers.rfm` and `ingest.pipeline`.
"""

__version__ = "0.1.0"
