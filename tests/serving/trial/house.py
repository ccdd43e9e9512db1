"""A house in which a model reads digits, another stands its trial, and simulated people key, in the real office."""

from pathlib import Path

from benchmarks.house import House
from benchmarks.pens import as_it_is
from serving.ledger import Ledger
from serving.ledger.trial import Trial
from serving.promise import Policy
from serving.trial.runner import Looked, Runner
from serving.trial.settings import Settings
from serving.trial.trials import Trials
from tests.serving.models.bundles import SHIPPED, swapped, variant, without

QUICK = Settings(rate=1.0, least_labels=30, agree_rate=0.1, watch_labels=60)


class Trying:
    """The house, with the shelf's models: `good` ships, `bad` cannot write a 7, `wrong` takes 3 and 8 for each other.
    Who is `champion` reads from the beginning."""

    def __init__(self, ledger: Ledger, folder: Path, champion: str = "bad", policy: Policy | None = None) -> None:
        made = {"good": SHIPPED, "bad": variant(folder, "bad", without("7")),
                "wrong": variant(folder, "wrong", swapped("3", "8"))}  # fmt: skip
        self.house = House(
            ledger=ledger, folder=folder, bundle=made[champion], policy=policy or Policy(audit=0.2)
        )  # fmt: skip
        self.ledger, self.models = ledger, self.house.models
        self.ids = {name: self.models.publish(folder, by="ada") for name, folder in made.items()}
        self.trials = Trials(ledger=ledger, models=self.models)
        self.runner = self.new_runner()

    def new_runner(self) -> Runner:
        """As another process would have it, which remembers nothing."""
        return Runner(ledger=self.ledger, shelf=self.models.shelf, policy=self.house.policy)

    def start(self, challenger: str = "good", settings: Settings = QUICK, **more: str) -> Trial:
        return self.trials.start(self.ids[challenger], settings, by="ada", **more)

    def day(self, count: int = 60) -> None:
        """Fields come in and are read by the champions; people key what they are asked."""
        self.house.day(count, as_it_is)

    def look(self) -> Looked:
        """The runner's look, after which people key what it asks."""
        looked = self.runner.look()
        self.house.crowd.run()
        return looked

    def reads(self) -> str:
        """Who is the champion, by the name in this house."""
        champion = self.models.champion()
        assert champion is not None
        return next(name for name, bundle_id in self.ids.items() if bundle_id == champion.bundle_id)

    def ended(self, trial: Trial) -> Trial:
        """The trial as it stands now."""
        return self.trials.named(trial.trial_id)
