"""One file per scenario: an object `SCENARIO` (`simulate.scenario.Scenario`)."""
