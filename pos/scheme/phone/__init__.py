"""The customer's telephone as web pages: a simulator of the wallets, for real phones and browsers.

Apart from the switch's doors because nothing here is signed and everything is pretended: the pages
act for simulated customers alone, and a switch can be run without them.
"""
