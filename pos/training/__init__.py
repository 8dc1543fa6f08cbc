"""The training day: a cashier serves pretend customers, and some of them bring trouble.

Apart from the demo, where nobody learns or is judged, and from the till's own training, which
only practises the keys: here the product's till sells through the product's switch, and what the
trainee did is read from the two books afterwards.
"""
