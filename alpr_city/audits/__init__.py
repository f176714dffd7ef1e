"""Audits that happen by themselves: samples, verdicts, approvals."""
