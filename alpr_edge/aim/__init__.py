"""Aiming a camera: what a technician needs to see while turning it, and proof of how it was left.

    source ──► detector ──► meters ──► lanes ──► terminal, page, sheet

No plate is ever read here, the preview masks every text, and nothing is kept but the sheet and the
baseline of the empty road.
"""
