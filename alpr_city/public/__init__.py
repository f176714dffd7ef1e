"""What anyone may see: the policy in force and figures computed from the log."""
