"""The register of cameras for people: sites, health, ledger, certificates, revocation."""
