"""The one `glazok` command: a file per subcommand, each importing late."""
