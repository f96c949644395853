"""The CDNOW customers as orders, from a shop very different from the gift shop (Fader and Hardie, 2001)."""

from pathlib import Path

import pandas as pd


def cdnow_orders(shared: Path, one_in: int = 1) -> pd.DataFrame:
    """Return the orders of CDNOW's early 1997 customers until June 1998, with the columns of `core.schema.ORDERS`.

    Parameters
    ----------
    shared : Path
        Folder of real data.
    one_in : int
        Take every n-th customer only.
    """
    names = ["customer_id", "day", "units", "amount"]
    path = shared / "data" / "cdnow_master.txt"
    table = pd.read_csv(path, sep=r"\s+", names=names, skiprows=1, dtype={"customer_id": str, "day": str})
    table = table[(table["amount"] > 0) & (table["customer_id"].astype(int) % one_in == 0)].reset_index(drop=True)
    return pd.DataFrame(
        {
            "order_id": table.index.astype(str),
            "customer_id": table["customer_id"],
            "ordered_at": pd.to_datetime(table["day"], format="%Y%m%d") + pd.Timedelta(hours=12),
            "new_order": 1,
            "amount": table["amount"],
            "units": table["units"].astype(float),
            "lines": 1,
            "country": pd.Series(None, index=table.index, dtype="str"),
        }
    )
