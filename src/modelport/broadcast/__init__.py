"""Broadcasting: each answer's trace goes to the observability destinations that its account has set up."""
