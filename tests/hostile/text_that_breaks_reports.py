# HTML, a formula, terminal codes, half a letter and a null in the error's text.
# lost: suggest
# said: ValueError
def suggest(probabilities, k=3):
    raise ValueError("=1+1 <script>alert(1)</script> \x1b[2J \ud800 \x00 ]]>")
