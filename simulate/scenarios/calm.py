"""Nothing goes wrong but the usual: one call of a thousand fails."""

from simulate.scenario import Scenario

SCENARIO = Scenario("calm", "Nothing goes wrong but one call of a thousand.", 0)
