"""The command line (命令行): one file per command, each with `arguments(parser)` and `run(args) -> int`."""
