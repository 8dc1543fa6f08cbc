"""Everything a sale is: values, states and rules, with no I/O, no clock, no threads, no randomness.

Apart from the rest so that the money rules can be read, tested and simulated alone.
"""
