"""What the city orders of its cameras, until each has told that it obeyed.

A camera's own report says what it has; what it should have is known here; the difference is sent,
signed by the vault, and sent again until the report agrees. So an order survives a link that is
down, a worker that dies and a city that was restored.
"""
