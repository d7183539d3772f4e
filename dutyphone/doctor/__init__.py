"""What is in order and what is not, in words: checks as data, and the few looks at the machine that they need."""
