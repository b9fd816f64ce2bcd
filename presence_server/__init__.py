"""The eye: sockets around a registry without sockets. Knows the protocol, the settings, the logs and who a token is."""
