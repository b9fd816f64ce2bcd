"""The eye: sockets around a registry without sockets. Knows the protocol, and who a token is."""
