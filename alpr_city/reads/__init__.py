"""What the city stores of its cameras: records as they came, and what the vault made beside them.

No text of a plate is here: records are the camera's sealed bytes, tokens and patterns the vault's.
"""
