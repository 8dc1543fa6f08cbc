"""The seeded simulation: the real till, the real switch and wallets, and everything that can fail.

Apart from the tests that run it so that a command may run the same proof one day. One random
source and one virtual clock drive it, so a seed is a history that can be run again.
"""
