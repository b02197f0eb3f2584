"""The instructor's desk around the judge: roster, overrides, deadlines, gradebooks, what is alike.

Everything here takes the entries of report.json and gives entries back, with more said about them:
`student`, `handed_in`, `late`, an exercise's `comment`. No submission's code is run here.
"""
