"""The event loop."""

from simulate.run import Run, run
from simulate.scenario import Scenario, scenarios
from simulate.setting import NATURES, WORLD, usd, with_prices
from simulate.system import Call, Entry, Pause, Stage, Walk, systems
from simulate.traffic import Stream, Turn
from simulate.upstreams import Trouble

SMALL = (Stream("coding", 0.02, turns=6, gap_s=10), Stream("batch", 0.2))


class Scripted:
    """Calls one route of its choice after a pause, as its own clock says."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.seen: list[float] = []

    def walk(self, turn: Turn) -> Walk:
        assert self.stage.now == turn.at
        yield Pause(2.0)
        assert self.stage.now == turn.at + 2.0
        answer = yield Call("alder/small" if turn.intent == "coding" else "birch/mid")
        assert answer is not None
        assert self.stage.now == turn.at + 2.0 + answer.took_s
        self.seen.append(self.stage.now)


def test_time_only_goes_forward_and_every_request_ends() -> None:
    made: list[Scripted] = []

    def make(stage: Stage) -> Scripted:
        made.append(Scripted(stage))
        return made[-1]

    scenario = Scenario("s", "", 0, streams=SMALL, horizon_s=300)
    one = Run(scenario, Entry("scripted", 9, make), 1)
    journeys = one.go()
    (system,) = made
    assert system.seen == sorted(system.seen)
    assert len(system.seen) == len(journeys) > 20
    assert all(journey.first_s is not None and journey.first_s > 2.0 for journey in journeys if journey.served)


def test_what_is_served_below_home_is_a_wrong_downgrade_while_home_would_serve() -> None:
    outage = Trouble(("alder/mid", "birch/mid", "market/mid"), 0.0, 100.0)
    scenario = Scenario("s", "", 0, lambda seed: (outage,), streams=SMALL, horizon_s=300)
    one = Run(scenario, Entry("scripted", 9, Scripted), 1)
    journeys = [journey for journey in one.go() if journey.turn.intent == "coding" and journey.served]
    wrong = {journey.turn.id: journey.missed for journey in journeys if journey.missed is not None}
    for journey in journeys:
        assert journey.below
        assert (journey.turn.id in wrong) is (journey.turn.at + 2.0 >= 100.0)
    assert wrong and all(missed.well_s == missed.at - 100.0 for missed in wrong.values())
    assert one.result().wrong == len(wrong)


def test_prices_are_those_of_the_moment() -> None:
    cheap = with_prices(WORLD, {"birch/mid": usd(0.3, 1.5)}, "sim-2")
    before = Scenario("s", "", 0, streams=SMALL[1:], horizon_s=300)
    after = Scenario("s", "", 0, streams=SMALL[1:], horizon_s=300, worlds=((0.0, WORLD), (0.1, cheap)))
    scripted = Entry("scripted", 9, Scripted)
    assert run(before, scripted, 1).usd == 10 * run(after, scripted, 1).usd > 0


def test_the_figures_are_the_same_on_every_python() -> None:
    """Of systems that do not change with Gate."""
    places = {one.name: one for one in scenarios()}
    who = {one.name: one for one in systems()}
    found = [
        run(places["rate limit, lane"], who["LiteLLM"], 1),
        run(places["brown-out"], who["always first"], 1),
        run(places["slow start"], who["round robin"], 1),
    ]
    counts = [(one.requests, one.served, one.calls, one.switches, one.changes) for one in found]
    assert counts == [(752, 726, 781, 438, 189), (752, 745, 840, 0, 4), (752, 752, 786, 639, 6)]
    assert [(one.usd, one.cache_loss_usd) for one in found] == [
        (14.89373907, 5.625012135),
        (10.8319025, 1.1543562),
        (14.980356115, 4.96215501),
    ]
    assert [round(one.p95_s, 6) for one in found] == [1.701128, 3.905214, 1.843309]


def test_the_same_seed_gives_the_same_result_with_every_system() -> None:
    scenario = Scenario("s", "", 0, streams=SMALL, natures=NATURES, horizon_s=200)
    for entry in systems():
        assert run(scenario, entry, 5) == run(scenario, entry, 5)
        assert run(scenario, entry, 5) != run(scenario, entry, 6)
