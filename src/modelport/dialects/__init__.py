"""Wire formats, as pure functions in both directions. One folder a dialect; none knows another; no I/O."""
