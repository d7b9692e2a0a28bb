"""How pages fare on a slow line: `python -m tests.measures [URL]`, against a server that runs.

What the browser itself reports (paint, shift, long tasks, bytes), with the line and the processor
of Lighthouse's mobile preset and once more on slow 3G, and what axe finds. The score is made from
four of Lighthouse's five measures with its curves and weights; the speed index needs a film.
"""

import math
import sys
from dataclasses import dataclass
from statistics import median

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright

from tests.browsers import WCAG, chromium_path

PAGES = ("/", "/help/", "/status/", "/account/", "/register/", "/support/", "/statistics/")
ROUNDS = 3
SLOWER_PROCESSOR = 4


@dataclass(frozen=True)
class Line:
    """A connection: milliseconds there and back, kilobits a second down."""

    name: str
    latency_ms: int
    kilobits: int


LINES = (Line("slow 4G", 150, 1_600), Line("slow 3G", 400, 400))
# Lighthouse 10 and newer, mobile: weight, where the score is 0.9, where it is 0.5.
CURVES = {
    "fcp": (10, 1_800, 3_000),
    "lcp": (25, 2_500, 4_000),
    "tbt": (30, 200, 600),
    "cls": (25, 0.1, 0.25),
}
WATCH = """
window.seen = { lcp: 0, cls: 0, tbt: 0 };
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) seen.lcp = entry.startTime;
}).observe({ type: "largest-contentful-paint", buffered: true });
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) if (!entry.hadRecentInput) seen.cls += entry.value;
}).observe({ type: "layout-shift", buffered: true });
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) seen.tbt += Math.max(0, entry.duration - 50);
}).observe({ type: "longtask", buffered: true });
"""


@dataclass(frozen=True)
class Measured:
    """Milliseconds, but `cls`; `sent` bytes over the line."""

    fcp: float
    lcp: float
    tbt: float
    cls: float
    sent: int

    @property
    def score(self) -> float:
        """0 to 100, as Lighthouse weighs these four."""
        parts = {name: _curve(getattr(self, name), *CURVES[name][1:]) for name in CURVES}
        weights = {name: curve[0] for name, curve in CURVES.items()}
        total = sum(parts[name] * weights[name] for name in CURVES)
        return 100 * total / sum(weights.values())


def _curve(value: float, at_90: float, at_50: float) -> float:
    """The share of a log-normal distribution that does worse: 0.9 and 0.5 at the two points."""
    if value <= 0:
        return 1.0
    deviation = math.log(at_50 / at_90) / 1.2815515655446004
    return 0.5 * math.erfc(math.log(value / at_50) / (deviation * math.sqrt(2)))


def measure(browser: Browser, address: str, line: Line) -> Measured:
    """One first visit, with nothing kept from another."""
    context = browser.new_context(viewport={"width": 360, "height": 740})
    page = context.new_page()
    page.add_init_script(WATCH)
    devices = context.new_cdp_session(page)
    sent: list[float] = []
    devices.on("Network.loadingFinished", lambda event: sent.append(event["encodedDataLength"]))
    devices.send("Network.enable")
    devices.send(
        "Network.emulateNetworkConditions",
        {
            "offline": False,
            "latency": line.latency_ms,
            "downloadThroughput": line.kilobits * 1000 / 8,
            "uploadThroughput": line.kilobits * 1000 / 16,
        },
    )
    devices.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER_PROCESSOR})
    page.goto(address, wait_until="networkidle", timeout=60_000)
    painted = "performance.getEntriesByName('first-contentful-paint')"
    page.wait_for_function(f"{painted}.length > 0")
    seen = page.evaluate("seen")
    fcp = page.evaluate(f"{painted}[0].startTime")
    context.close()
    return Measured(fcp, seen["lcp"], seen["tbt"], seen["cls"], round(sum(sent)))


def violations(page: Page, address: str) -> int:
    page.goto(address)
    found = Axe().run(page, options={"runOnly": {"type": "tag", "values": WCAG}})
    return int(found.violations_count)


def typical(rounds: list[Measured]) -> Measured:
    return sorted(rounds, key=lambda each: each.score)[len(rounds) // 2]


def main() -> int:
    base = (sys.argv[1] if len(sys.argv) > 1 else "http://localhost:8000").rstrip("/")
    print("| page | line | score | FCP s | LCP s | TBT ms | CLS | KB | axe |")
    print("|---|---|---|---|---|---|---|---|---|")
    worst = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=["--no-sandbox"])
        for path in PAGES:
            found = violations(browser.new_page(), f"{base}{path}")
            for line in LINES:
                one = typical([measure(browser, f"{base}{path}", line) for _n in range(ROUNDS)])
                print(
                    f"| {path} | {line.name} | {one.score:.0f} | {one.fcp / 1000:.2f} |"
                    f" {one.lcp / 1000:.2f} | {one.tbt:.0f} | {one.cls:.3f} |"
                    f" {one.sent / 1000:.1f} | {found} |",
                    flush=True,
                )
                if line is LINES[0]:
                    worst.append(one.score)
        browser.close()
    print(f"\nmedian score on {LINES[0].name}: {median(worst):.0f}, lowest: {min(worst):.0f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
