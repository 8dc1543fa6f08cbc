"""The kiosk for somebody who does not see it: numbered lines, a voice, three buttons.

Apart from the screens because it draws nothing over: what was said stands, line under line, where a
screen reader or a braille display finds it. It goes the same way as the screens, that of
`pos.sale.visit`, and knows no Textual.
"""
