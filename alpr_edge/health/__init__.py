"""What is wrong with this camera, and what to do: told from outside, with the daemon dead or alive.

    state files, outbox, identity, /proc, /sys ──► Evidence ──► one Verdict for each check ──► text

Everything shown is a number or a word of ours: no text of a state file is passed on, so no plate
can come out even where one was written into it.
"""
