"""What explanations say in sentences: facts of a customer's history, and what a model makes of them."""
