"""A contribution as a Word document to work on, and what came back of it: every tracked or silent change, field by field.

`places` says which texts of a contribution can be worked on, `copying` makes the document, `opening` and `reading` read one that came
back, `changes` finds what is different, `returned` puts it together for the page, `taking` works out what was accepted.
"""
