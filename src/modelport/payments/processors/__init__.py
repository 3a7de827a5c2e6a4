"""The payment processors, one file each, all behind the seam in `payments/processor.py`."""
