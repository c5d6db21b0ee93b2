"""A server whose wall clock a test moves, by a library that is loaded before the server's own (tests/fakes/wall_clock.cc); its
monotonic clock is the machine's."""
import os
import pathlib
import tempfile
import unittest

from waymark import BIN


class MovedClock(unittest.TestCase):
    def setUp(self):
        if "asan" in str(BIN) or "tsan" in str(BIN):
            self.skipTest("a sanitizer must be loaded before all others")
        self.folder = tempfile.TemporaryDirectory(prefix="waymark-clock-")
        self.addCleanup(self.folder.cleanup)
        self.clock = pathlib.Path(self.folder.name, "seconds")
        self.set(0)
        before = dict(os.environ)
        self.addCleanup(lambda: (os.environ.clear(), os.environ.update(before)))
        os.environ["LD_PRELOAD"] = str((BIN / "wall_clock.so").resolve())
        os.environ["WAYMARK_TEST_CLOCK"] = str(self.clock)

    def set(self, seconds):
        """How far ahead of the machine's it is."""
        fresh = self.clock.with_suffix(".new")
        fresh.write_text(str(seconds))
        fresh.rename(self.clock)
