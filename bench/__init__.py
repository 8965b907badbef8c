"""The harness of `make bench`: what Gate costs per request, against a scripted upstream on the same machine."""
