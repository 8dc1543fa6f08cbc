"""The proof that no money is lost or doubled: its gates, and the checker that judges for them.

Apart from everything that it proves: nothing imports it but the command `pos prove`, and the
checker in it imports nothing of the product at all.
"""
