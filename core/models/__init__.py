"""Predictions of what each customer does next: training data, models, evaluation and scoring."""
