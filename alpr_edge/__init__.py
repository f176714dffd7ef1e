"""The camera appliance: light in, sealed reads out."""
