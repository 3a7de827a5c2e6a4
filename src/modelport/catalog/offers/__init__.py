"""What others say they serve (data packages, providers' own lists), as offers that can be merged into the catalogue."""
