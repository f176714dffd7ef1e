"""One module per command, each with NAME, HELP, `add_arguments(parser)` and `run(args) -> int`.

A command imports what is heavy (OpenCV, TFLite) inside `run`, so that `--help` is instant.
"""
