"""Takes in what cameras send: checked, handed to the vault, committed, and only then receipted.

broker ══► Line ──► Intaker ──► vault (opens, wraps, tokens)
                       │   └──► Store (one transaction)
           acks ◄──────┘        then the vault signs the receipts
"""
