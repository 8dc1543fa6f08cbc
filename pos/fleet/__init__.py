"""A fleet of tills watched from afar: what each reports over MQTT 5, and what is pushed to it.

Apart from the till because it may be cut off, late or lied to without any sale knowing: it is told
Views and health, and gives back settings that somebody signed. `report` is what travels, `line`
the connection, `reporter` the till's end, `watch` and `roll` the office's, `pushing` the settings.
"""
