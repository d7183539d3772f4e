"""What a line can tell us: line events, the driver contract, transcripts of the wire. Pure."""
