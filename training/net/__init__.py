"""The networks. What they are fed and what their outputs mean stands beside each."""
