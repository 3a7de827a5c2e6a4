"""Bytes to and from providers: one HTTP client, one event stream reader, one tree of faults.

It knows addresses, sockets and time limits; it knows neither dialects nor money.
"""
