"""Serialisation of small frames to text, for answers of child processes."""

from base64 import b64decode, b64encode

import pandas as pd
import pyarrow as pa


def frame_to_text(frame: pd.DataFrame) -> str:
    """Serialise a frame to text, preserving its types."""
    table = pa.Table.from_pandas(frame)
    out = pa.BufferOutputStream()
    with pa.ipc.new_stream(out, table.schema) as writer:
        writer.write_table(table)
    return b64encode(out.getvalue().to_pybytes()).decode("ascii")


def frame_of_text(text: str) -> pd.DataFrame:
    """Restore a frame from `frame_to_text`."""
    with pa.ipc.open_stream(b64decode(text)) as reader:
        found: pd.DataFrame = reader.read_all().to_pandas()
    return found


def shortened(frame: pd.DataFrame, most: int) -> pd.DataFrame:
    """Truncate the texts of a frame to at most `most` characters."""
    return frame.map(lambda value: value[:most] if isinstance(value, str) else value)
