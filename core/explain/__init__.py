"""Why a model says what it says.

A model and rows of customers go in; contributions of drivers, sentences and tables come out. Start with `drivers`, then
`attribution.explainer`.
"""
