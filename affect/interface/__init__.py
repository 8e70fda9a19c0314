"""The HTTP interface as both of its ends know it: answers, errors, and a client. Needs neither torch nor Ray."""
