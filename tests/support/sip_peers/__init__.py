"""Real peers of the SIP line: kamailio, SIPp, baresip, sipsak and sipvicious, each as a child process on loopback."""
