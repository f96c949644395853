"""What the programs read and write; nothing is imported, for one of them runs in an environment of its own."""

MODEL = "model.ubj"
ROWS = "rows.csv"
REAL = "real.f32"
SOURCES = "drivers.json"  # of each column
HAPPENED = "happened"
