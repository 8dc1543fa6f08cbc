"""The other side: the switch that joins the wallets of the scheme.

Apart from the till, which never imports it: the two meet only on the wire.
"""
