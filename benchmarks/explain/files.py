"""Names of the files that the programs share; imports nothing, since one runs in another environment."""

MODEL = "model.ubj"
ROWS = "rows.csv"
REAL = "real.f32"
SOURCES = "drivers.json"  # of each column
HAPPENED = "happened"
