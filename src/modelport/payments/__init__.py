"""Buying credits: orders, payment processors, web hooks, vouchers, automatic top-up, refunds, receipts.

Stands above `credits` (whose transfers are the only truth about money) and `accounts`. Reads downward from
`service.py`; each processor is one file in `processors/` behind the seam in `processor.py`.
"""
