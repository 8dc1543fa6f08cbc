"""Samkassa worked from outside: processes, keys, deaths, and both books read apart.

Apart from the tests because each of them does the same few things to real processes; nothing in
here decides what is right except `agreement`, which shares no code with the product.
"""
