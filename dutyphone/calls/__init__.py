"""What a call is: the tracker, telephone numbers, places. Pure."""
