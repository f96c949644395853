"""Why a model says what it says: of all customers, of one, in figures and in words."""
