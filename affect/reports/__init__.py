"""Reports: one page each, with everything in it, from data and a list of figures."""
