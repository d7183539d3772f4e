"""A desk line without hardware, for users and for tests: a second, independent reading of the standards."""
