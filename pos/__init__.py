"""Samkassa, the joint till: the terminal, and the scheme it pays into.

Apart from `hardware`, which is a library of devices that knows nothing of shops or money.
"""

__version__ = "0.1.0"
