"""What others than the caller say about routing: the operator's rules by model, and defaults of accounts."""
