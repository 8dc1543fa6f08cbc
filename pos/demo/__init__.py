"""The whole scheme on one machine: till, switch, three wallets and their customers.

Apart from the till because it plays the customers too. The till in it is the product's own, with
simulated devices; nothing is scripted but what the customers do.
"""
