"""The orders that go in, and what a batch program makes of them."""
import math
import random

MINUTE = 60_000
WITHIN = 10 * MINUTE
START = 1_767_225_600_000
CUSTOMERS = ["Ann", "Bo", "Zoë", "", "Łukasz", "😀", "Ann B"]


def make_rounds(seed, rounds, orders):
    """Each round: orders, most of them new and in time, and the watermark behind them."""
    rng = random.Random(seed)
    made = []
    for number in range(rounds):
        now = START + number * 25_000
        fresh = []
        for index in range(orders):
            late = rng.choice([0, 0, 0, 0, 30_000, 120_000, 700_000])
            fresh.append(
                {
                    "id": f"{number}/{index}",
                    "customer": rng.choice(CUSTOMERS),
                    "cents": rng.choice([rng.randrange(100_000), rng.randrange(1000) + 0.5, -rng.randrange(500)]),
                    "atMs": now - late + rng.randrange(20_000),
                }
            )
        known = [order for orders_before, _ in made[-3:] for order in orders_before] or fresh
        again = [rng.choice(known) for _ in range(orders // 4)]
        mixed = fresh + again
        rng.shuffle(mixed)
        made.append((mixed, now - 20_000))
    return made


def expected(rounds):
    """Totals by window and customer, and the orders that came too late for either operator."""
    watermark = -math.inf
    seen, totals, late, old = {}, {}, [], []
    for orders, next_watermark in rounds:
        for order in orders:
            at = order["atMs"]
            if at < watermark - WITHIN:
                old.append(order)
            elif order["id"] not in seen or seen[order["id"]] < watermark - WITHIN:
                seen[order["id"]] = at
                start = at // MINUTE * MINUTE
                if start + MINUTE - 1 <= watermark:
                    late.append(order)
                else:
                    total = totals.setdefault((start * 1000, order["customer"]), [0, 0])
                    total[0] += order["cents"]
                    total[1] += 1
        watermark = next_watermark
    return totals, late, old
