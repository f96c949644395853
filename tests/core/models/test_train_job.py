"""Training as a job: judged at past cutoffs, kept, and read back."""
