"""The harness is light: little time around a timed inference, next to none in its sample."""

from bench.overhead import overhead_us


def test_a_timed_inference_costs_less_than_20_microseconds_besides_itself() -> None:
    around, inside = overhead_us()
    assert 0 < inside < around < 20
    assert inside < 5
