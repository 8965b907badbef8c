"""Who is asking, with which credential, and whether there is room: decisions on header bytes and counts, no IO.

Headers are raw pairs with names in lower case, as the server hands them over.
"""
