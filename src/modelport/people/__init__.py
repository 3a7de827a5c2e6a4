"""What people meet over HTTP: signing in, their account and organisation, consent for apps. No tables of its own.

It stands above `accounts`, `keys` and `credits`, because to sign up, to leave or to hand a key to an app needs several
of them.
"""
