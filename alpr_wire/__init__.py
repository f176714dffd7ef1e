"""The contract that camera and city share: records, sealing, chain, wire."""
