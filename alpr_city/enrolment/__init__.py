"""Where cameras get their certificates: one-time codes, and EST (RFC 7030) over HTTPS.

console ──► Codes ◄── Desk ◄── server ◄══ simpleenroll, simplereenroll, grant ══ camera
                       └──► ca, vault, register
"""
