"""Small frames as text, for a child process to give."""

from base64 import b64decode, b64encode

import pandas as pd
import pyarrow as pa


def frame_to_text(frame: pd.DataFrame) -> str:
    """Write a frame as text; its types are kept."""
    table = pa.Table.from_pandas(frame)
    out = pa.BufferOutputStream()
    with pa.ipc.new_stream(out, table.schema) as writer:
        writer.write_table(table)
    return b64encode(out.getvalue().to_pybytes()).decode("ascii")


def frame_of_text(text: str) -> pd.DataFrame:
    """Turn `frame_to_text` back."""
    with pa.ipc.open_stream(b64decode(text)) as reader:
        found: pd.DataFrame = reader.read_all().to_pandas()
    return found


def shortened(frame: pd.DataFrame, most: int) -> pd.DataFrame:
    """A frame whose texts have so many characters at most."""
    return frame.map(lambda value: value[:most] if isinstance(value, str) else value)
