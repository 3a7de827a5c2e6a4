"""What we claim about speed, measured: Modelport beside its peers, in one run, on this machine's loopback."""
