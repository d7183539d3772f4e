"""`python -m dutyphone`."""

from dutyphone.cli import main

main()
