"""A wrong clock changes no answer, no verdict and no order (CLK-1)."""
import re
import time
import unittest

import wall_clock
from waymark import Endpoint, Server, a, wait_for, wait_for_every_worker

DAY, YEAR = 86_400, 31_557_600
STEPS = {"a day back": -DAY, "a day ahead": DAY, "ten years back": -10 * YEAR, "ten years ahead": 10 * YEAR,
         "past January 2038": 2_200_000_000 - int(time.time()), "right again": 0}


class WrongClock(wall_clock.MovedClock):
    def test_clk_1_loses_no_answer_and_no_verdict_and_serials_increase(self):
        endpoint = Endpoint()
        self.addCleanup(endpoint.kill)
        with Server() as server:
            server.zone("c.test")
            made = server.must("POST", "/v1/health-checks", {"type": "http", "address": "127.0.0.1", "port": endpoint.port,
                                                             "interval": 1, "timeout": 0.5, "fall": 2, "rise": 1})
            check = f"/v1/health-checks/{made['id']}"
            server.in_sync(server.change("c.test", ("create", a("www.c.test", "192.0.2.0"))))
            wait_for("a result", lambda: endpoint.asked > 0)
            pids = sorted(server.children())
            serial = server.ask("c.test", "SOA").answer[0][0].serial
            for number, (name, seconds) in enumerate(STEPS.items(), 1):
                with self.subTest(clock=name):
                    self.set(seconds)
                    asked = endpoint.asked
                    changed = server.change("c.test", ("upsert", a("www.c.test", f"192.0.2.{number}")))
                    self.assertAlmostEqual(self.year(changed["submitted_at"]), time.gmtime(time.time() + seconds).tm_year, delta=1)
                    server.in_sync(changed)
                    wait_for_every_worker("the change", lambda: server.answers("www.c.test", [f"192.0.2.{number}"]))
                    for _ in range(200):
                        self.assertEqual(server.values("www.c.test", timeout=2), [f"192.0.2.{number}"])
                    now = server.ask("c.test", "SOA").answer[0][0].serial
                    self.assertGreater(now, serial)
                    serial = now
                    wait_for("more probes", lambda: endpoint.asked > asked + 1, 10)
                    self.assertTrue(server.must("GET", f"{check}/status")["healthy"])
            self.assertEqual(sorted(server.children()), pids)
            self.assertNotIn("event=health_changed", server.log())

    def year(self, text):
        return int(re.match(r"(-?\d+)-", text)[1])


if __name__ == "__main__":
    unittest.main()
