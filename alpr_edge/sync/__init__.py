"""The process with the network: carries batches out and the city's answers in, and sees no picture.

    outbox.db (read only) ──► Mailbag ──► Sender ═══ MQTT 5, mTLS ═══► city
    outbox/inbox/         ◄── Inbox   ◄──────────────────────────────┘

It holds the TLS key and nothing that seals or signs a record.
"""
