"""What drives a model over all customers: needed, used, where the two disagree, and one input looked at closely."""
