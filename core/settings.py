"""Settings of one running Clientele, read from the environment once and passed on as a value."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from core.errors import InputError

MEMORY_GB: Final = (0.25, 1024.0)
"""Under a quarter of a gigabyte DuckDB cannot group a million customers."""

QUEUES: Final = ("redis://", "rediss://", "unix://")
"""How the address of a Redis server begins."""

PROJECT: Final = Path(__file__).resolve().parent.parent


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Where things are and how much one process may use.

    Parameters
    ----------
    workspace : Path
        Folder of the dataset versions and the catalog. `CLIENTELE_WORKSPACE`.
    catalog_url : str
        SQLAlchemy URL of the catalog; empty means SQLite inside the workspace. `CLIENTELE_CATALOG_URL`.
    demo_shop : Path
        The simulated shop that a new workspace opens with. `CLIENTELE_DEMO_SHOP`.
    query_memory_gb : float
        Gigabytes one process lets DuckDB use before it spills to disk. The default leaves room for the
        operating system and the browser on a laptop of 8 GB. `CLIENTELE_QUERY_MEMORY_GB`.
    queue_url : str
        Address of a Redis server that wakes the workers, where they run on several machines; needs the package
        `redis`. Empty means SQLite inside the workspace. `CLIENTELE_QUEUE_URL`.
    """

    workspace: Path = PROJECT / "data" / "workspace"
    catalog_url: str = ""
    demo_shop: Path = PROJECT / "data" / "demo_shop.parquet"
    query_memory_gb: float = 4.0
    queue_url: str = ""

    def __post_init__(self) -> None:
        low, high = MEMORY_GB
        if not low <= self.query_memory_gb <= high:
            message = f"CLIENTELE_QUERY_MEMORY_GB must be between {low:g} and {high:g}, got {self.query_memory_gb:g}."
            raise InputError(message)
        if self.queue_url and not self.queue_url.startswith(QUEUES):
            scheme = self.queue_url.partition(":")[0]  # what follows may hold a password
            message = f"CLIENTELE_QUEUE_URL must begin with {', '.join(QUEUES[:-1])} or {QUEUES[-1]}, got “{scheme}”."
            raise InputError(message)

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> "Settings":
        """Read the settings from environment variables; what is not set keeps its default.

        Parameters
        ----------
        environment : mapping of str to str
            Usually `os.environ`.

        Raises
        ------
        InputError
            Where a value cannot be read or is outside its range.
        """
        given = {name: environment.get(f"CLIENTELE_{name.upper()}", "") for name in cls.__dataclass_fields__}
        memory = given["query_memory_gb"] or str(cls.query_memory_gb)
        try:
            gigabytes = float(memory)
        except ValueError as error:
            message = f"CLIENTELE_QUERY_MEMORY_GB must be a number of gigabytes, got “{memory}”."
            raise InputError(message) from error
        return cls(
            workspace=Path(given["workspace"] or cls.workspace).expanduser().resolve(),
            catalog_url=given["catalog_url"],
            demo_shop=Path(given["demo_shop"] or cls.demo_shop).expanduser().resolve(),
            query_memory_gb=gigabytes,
            queue_url=given["queue_url"],
        )
