"""The loop: from verdicts to a challenger that stands its trial."""
