"""Documents that leave the house: postmortems and review decks as HTML, PDF, Markdown and JSON.

A text passes three stages: the role map takes the names out, :mod:`.blocks` turns Markdown into plain data, and a
template of ours draws the data. Nothing a person wrote is ever source of a template, of HTML or of the PDF engine.
"""
