"""One file per system: an object `SYSTEM` (`simulate.system.Entry`)."""
