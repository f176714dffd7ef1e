"""The one door to a plate: its own process and user, a Unix socket, no network.

    ingest ──arrive, receipt──► ┌───────────────────────┐
    console ──look────────────► │ service ► Vault        │──► keys.db, wrapped by the KEK
    maintenance ──purge, keys─► │  keyring · access log  │──► access.db, append-only
                                └───────────────────────┘

It holds every key that opens a read, and stores no read. Who wants to look hands over a name, an
organisation, a purpose and a case; the access record is durable before anything is opened.
"""
