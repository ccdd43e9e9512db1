"""What a line can turn out to be beside a text, as the outcome head of the text network tells them apart."""

OUTCOME_CLASSES = ("text", "struck_out", "illegible", "wrong_crop")
"""`text`: the text network's word counts, be it a text or that nothing is written. `struck_out`: all of the writing is
crossed out. `illegible`: blotted, overwritten, scribbled, drowned or partly crossed out. `wrong_crop`: no answer, but
print, rules, or pieces of other lines."""
