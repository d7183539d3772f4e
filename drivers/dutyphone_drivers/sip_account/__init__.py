"""A SIP account beside the desk phone: a pure core in the rooms of RFC 3261, and a thread at the sockets."""
