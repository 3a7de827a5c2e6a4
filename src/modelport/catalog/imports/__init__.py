"""What other gateways keep, brought here: read into a plan, shown, and taken in on consent."""
