"""The wire to the switch, and the terminal's side of it: messages, signatures, client.

Apart from `pos.sale` because it speaks the payment API's words, and from `pos.scheme` because
the till must be able to call somebody else's switch.
"""
