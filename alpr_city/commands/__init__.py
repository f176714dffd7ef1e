"""The commands of `alpr-city`, one module each: NAME, HELP, add_arguments and run."""
