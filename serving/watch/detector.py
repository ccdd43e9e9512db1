"""Detector: whether something that used to be rare is not rare any more, asked after every field.

For each frequency q above the allowed one p, somebody bets on every field that the oddity has become as frequent as q:
his stake is multiplied by q / p where it is met and by (1 - q) / (1 - p) where not, which is no gain in the mean as
long as it is not met more often than allowed, given all before. One unit is staked anew with every field, and all that
is won stays in the game (Shiryaev 1963, Roberts 1966; as e-detector Shin, Ramdas and Rinaldo 2024). So after n fields
the mean fortune is n at most, and it ever exceeds n / a within them with probability a at most (Doob).
"""

import math

LIKELY = (0.3, 0.5, 0.7, 0.95)
"""Frequencies that are betted on, those above the allowed one; a quarter of the unit each."""

LEAST_ALLOWED = 0.02
TOLERANCE = 1.5
"""An oddity may be met so many times as often as its bound says: real input is not drawn as the fit's was."""

PRIOR_MET, PRIOR_ASKED = 1.0, 20.0
"""Where a kind was seen seldom it counts as if it had been met so often in so many fields."""

CERTAINTY_SIGMAS = 2.0


def allowed(met: float, asked: float) -> float:
    """The frequency that is no reason for an alarm, of what was met so often when the stack was fitted.

    The upper end of Wilson's interval (1927) at two standard deviations, times `TOLERANCE`; 1 at most.
    """
    n, k, z = asked + PRIOR_ASKED, met + PRIOR_MET, CERTAINTY_SIGMAS
    p = k / n
    middle, spread = p + z * z / (2 * n), z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    return min(1.0, max(LEAST_ALLOWED, TOLERANCE * (middle + spread) / (1 + z * z / n)))


class Detector:
    """One oddity of one component: the fortune of those who bet that it has become frequent."""

    def __init__(self) -> None:
        self._fortunes = dict.fromkeys(LIKELY, 0.0)
        self.asked = self.met = 0

    def see(self, odd: bool, allowed: float) -> None:
        """One more field, in which the oddity was met or not, and may be met with the frequency `allowed`."""
        self.asked += 1
        self.met += odd
        for q in LIKELY:
            if q > allowed:
                gain = q / allowed if odd else (1 - q) / (1 - allowed)
                self._fortunes[q] = (self._fortunes[q] + 1 / len(LIKELY)) * gain

    @property
    def fortune(self) -> float:
        """How strong the evidence is: after n quiet fields n at most, in the mean."""
        return sum(self._fortunes.values())


def limit(fields_per_false_alarm: float, detectors: int) -> float:
    """The fortune at which an alarm is due, so that all detectors together raise no more false alarms than that."""
    return fields_per_false_alarm * max(1, detectors)
