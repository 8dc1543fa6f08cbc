"""The turnstile: reads tickets, lets each in once, and knows what it cannot know.

Apart from the till because a gate sells nothing, holds no key that could make a ticket, and goes
on without any link. It and the kiosk share the form of a ticket, the devices and no more.
"""
