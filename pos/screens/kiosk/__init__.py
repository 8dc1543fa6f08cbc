"""The kiosk's screens: what a visitor with nobody around sees and touches.

Apart from the counter because a visitor can neither be taught keys nor be let out of here: the
screens draw the choices of `pos.sale.choice`, and take no others.
"""
