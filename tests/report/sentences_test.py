# sentences_test.py HALFULP: what the page of results says in words and marks, held against documents whose answer is known.
# Exit code 77 (skipped) where no Chromium is found.
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

import browser
import pages

PROGRAM = os.path.abspath(sys.argv[1]) if len(sys.argv) > 1 else ""
SUMMARY = "document.querySelector('#summary').innerText"
ANSWER = "document.querySelector('.answer').textContent"
NOTES = "[...document.querySelectorAll('.note')].map((n) => n.textContent).join(' | ')"


def setUpModule():
    global folder, scratch, page, tab
    scratch = tempfile.TemporaryDirectory(prefix="halfulp-sentences-")
    folder = pathlib.Path(scratch.name)
    (folder / "check.json").write_text(json.dumps(result("formats")))
    page = pages.report(PROGRAM, [folder / "check.json"], folder / "page.html")
    tab = browser.Browser()


def tearDownModule():
    tab.__exit__()
    scratch.cleanup()


def result(command):
    done = subprocess.run([PROGRAM, *command.split(), "--json"], cwd=pages.ROOT, capture_output=True, text=True)
    assert done.returncode in (0, 1), (command, done.stderr)
    return json.loads(done.stdout)


def opened(*documents, place=""):
    tab.open(pages.with_documents(page, [(f"{i}.json", d) for i, d in enumerate(documents)], folder / "made.html"), place)


def figure(**lines):
    """A figure whose lines grow as told: name=(rate, low, high)."""
    def statistics(rate, low, high):
        few = [True, False, False]
        one = {"mean": [1e-3, 2e-3, 3e-3], "mean_se": [1e-4, 2e-3, 1e-4], "median": [1e-3, 2e-3, 3e-3], "median_ci": [[9e-4, 2e-3]] * 3,
               "p05": [1e-4] * 3, "p95": [1e-2] * 3, "geomean": [1e-3] * 3, "geomean_ci": [[9e-4, 2e-3]] * 3, "tail_index": [2, 2, 2],
               "top_share": [0.1] * 3, "carried_by_few": few, "infinite": [0] * 3, "nan": [0] * 3, "largest": [0.1] * 3, "share_below_mean": [0.5] * 3}
        fit = {"from": 1, "to": 3, "rate": rate, "interval": [low, high]}
        return {**one, "growth": {"unit": "power", "mean": [fit], "median": [fit]},
                "histogram": {"log10_edges": [], "counts": [], "zeros": 0, "infinite": 0, "mean": 0}}
    series = [{"arithmetic": name, "blocks": "independent", "variant": "", "layers": None, "granularity": "operation", "trials": 8, "x": [1, 2, 3],
               "componentwise": statistics(*rates), "normwise": statistics(*rates)} for name, rates in lines.items()]
    return {"schema": "halfulp.figure/1", "provenance": pages.provenance("figure 3"), "figure": "figure 3", "title": "t", "x_label": "layer", "log_x": False,
            "options": {}, "seed": 1, "trials": 8, "plan": "p", "series": series, "seconds": 1,
            "reference": {"kind": "fp64", "radius": {}, "smallest_median": {}, "sufficient": True}}


class Sentences(unittest.TestCase):
    def setUp(self):
        tab.size(1280)

    def tearDown(self):
        self.assertEqual(tab.complaints(), [])

    def test_TicksStandWhereTheySay(self):
        opened(result("experiment summation --trials 2 --powers 12 --arithmetic bin8"))
        at = "[...document.querySelectorAll('#view-curves .line-plot text[text-anchor=middle]')].map((n) => n.textContent)"
        ticks = [int(t) for t in tab.run(at) if re.fullmatch(r"\d+", t)]
        self.assertIn(2048, ticks)
        self.assertEqual([t for t in ticks if t & (t - 1)], [])

    def test_OnlyWhatIntervalsTellApartGrowsFastest(self):
        opened(figure(dec4=(-0.0454, -0.085, -0.0057), dec8=(-0.0153, -0.058, 0.027)))
        said = tab.run(ANSWER)
        self.assertNotIn("fastest", said)
        self.assertIn("“dec4” falls", said)
        self.assertIn("“dec8” does not grow", said)
        opened(figure(a=(0.061, 0.056, 0.065), b=(0.06, 0.054, 0.065), c=(0.01, 0.005, 0.02)))
        self.assertIn("which of 2 grows fastest is not told apart", tab.run(ANSWER))
        opened(figure(a=(0.061, 0.056, 0.065), c=(0.01, -0.05, 0.07)))
        self.assertIn("which of 2 grows fastest is not told apart", tab.run(ANSWER), "a wide interval of a line that may not grow")
        opened(figure(a=(0.061, 0.056, 0.065), c=(0.01, 0.005, 0.02)))
        self.assertIn("“a” grows fastest", tab.run(ANSWER))

    def test_MeansThatFewTrialsCarryAreCountedAndGiveWay(self):
        opened(figure(a=(1, 0.9, 1.1), b=(2, 1.9, 2.1)))
        self.assertIn("A few trials carry the mean at 4 of 12 points", tab.run(SUMMARY))
        self.assertEqual(tab.run("document.querySelector('#view-figure select').value"), "median")

    def test_BandsThatReachZeroEndAtTheAxisUpright(self):
        opened(figure(a=(1, 0.9, 1.1)))
        tab.run("(() => { const s = document.querySelector('#view-figure select'); s.value = 'mean'; s.dispatchEvent(new Event('change')); })()")
        path = tab.run("document.querySelector('#view-figure .band').getAttribute('d')")
        corners = [tuple(map(float, c.split(","))) for c in re.findall(r"[-\d.]+,[-\d.]+", path)]
        floor = max(y for _, y in corners)
        slanted = [(a, b) for a, b in zip(corners, corners[1:]) if floor in (a[1], b[1]) and a[1] != b[1] and abs(a[0] - b[0]) > 1e-6]
        self.assertEqual(slanted, [])
        self.assertIn("at 1 of 3 points of", tab.run(NOTES))

    def test_AFormatWithoutNumbersIsNamed(self):
        d = figure(bin11=(1, 0.9, 1.1), e4m3fn=(None, None, None))
        for norm in ("componentwise", "normwise"):
            d["series"][1][norm].update({key: [None] * 3 for key in ("mean", "median", "p05", "p95", "geomean", "largest")}, nan=[8] * 3)
        opened(d)
        self.assertIn("“e4m3fn” has no number at any point", tab.run(ANSWER))
        self.assertIn("“e4m3fn” has no number at any point: infinite or NaN in every trial.", tab.run(NOTES))
        self.assertNotIn("in some trial", tab.run(NOTES))

    def test_ZerosOnALogarithmicAxisAreNotInfinite(self):
        d = result("experiment normalisation --trials 4 --d 6 --arithmetic bin11")
        for x, said, unsaid in ((0, "is 0 have no place", "is infinite"), (None, "is infinite are in", "is 0")):
            for c in d["curves"]:
                c["x"] = [10.0 ** -i for i in range(len(c["x"]) - 1)] + [x]
            opened(d)
            self.assertIn(said, tab.run(NOTES))
            self.assertNotIn(unsaid, tab.run(NOTES))

    def test_ExperimentsAnswerTheirQuestion(self):
        opened(result("experiment normalisation --trials 6 --d 6 --arithmetic bin11"))
        self.assertRegex(tab.run(ANSWER), r"^In bin11 RMS norm errs by .* layer norm errs by .*“lemma, first order” .*“non-asymptotic” makes its last in every trial at 2\^-\d+")
        d = result("experiment summation --trials 4 --powers 12 --arithmetic bin8")
        opened(d)
        said = tab.run(ANSWER)
        self.assertRegex(said, r"^At n = 2\^12 “\w+” errs least, in \d of 2 pairs of format and input; .*“recursive” [\d.]+ to [\d.]+ times")
        spoken = [b for c in d["curves"] for b in c["bounds"] if sum(b["stated"]) > 0]
        self.assertIn(f"{len(spoken)} make a statement, {sum(b['rigorous'] for b in spoken)} of them rigorous", said)
        silent = d["curves"][0]["bounds"][0]
        silent.update(stated=[0] * len(silent["stated"]), worst_ratio=[None] * len(silent["stated"]), rigorous=True)
        opened(d)
        self.assertIn(f"{len(spoken) - 1} make a statement, {sum(b['rigorous'] for b in spoken) - 1} of them rigorous; 1 makes none", tab.run(ANSWER))
        opened(result("experiment heads --trials 8 --d 4 --n 4 --D 4 --layers 1 --bound-trials 2 --arithmetic bin8"))
        self.assertRegex(tab.run(ANSWER), r"^From 1 head to 4 the median normwise error in bin8 goes after 1 layer from [\d.e-]+ to [\d.e-]+")
        opened(result("experiment attention-precision --trials 8 --d 4 --n 4 --D 4 --layers 2"))
        self.assertRegex(tab.run(ANSWER), r"^Promotion to bin24 divides the median normwise error at layer 2 by: “score” [\d.]+ \(.*\), “softmax” [\d.]+ ")

    def test_TheyAreNumbersOfTheTarget(self):
        d = result(f"attribute -m {pages.MODEL} --tokens 6 --target token=3 --run --probes 2")
        for target, unit, ladder in (("token=3", "logits", "margin at position 3"), ("loss", "nats", "error of the loss"),
                                     ("kld", "nats", "square root of twice the divergence"), ("logits", "logits", "rms error of the logits")):
            d["target"] = target
            opened(d)
            axis = tab.run("document.querySelector('#view-ladder .line-plot').textContent + document.querySelector('#view-ladder figcaption').textContent")
            self.assertIn(ladder, axis)
            self.assertNotIn("standard deviations of the output", axis)
            self.assertRegex(tab.run(ANSWER), r"[\d.e-]+ " + unit)
            signed = target in ("token=3", "loss")
            self.assertEqual("predicted standard deviation" in tab.run(ANSWER), signed)
            self.assertEqual("observed difference" in tab.run(ANSWER), signed)

    def test_OnlyStepsBeyondChanceAreSystematic(self):
        d = result(f"attribute -m {pages.MODEL} --tokens 6 --run --probes 2")
        d.update(observed=1e-4, signed=1e-4)
        for s in d["sites"]:
            s.update(z=1.0, signed=1e-9, share=1e-4)
        tried = lambda **step: (d["sites"][5].update({"z": 1.0, "signed": 1e-9, "share": 1e-4, **step}), opened(d), "systematic" in tab.run(SUMMARY))[2]
        self.assertFalse(tried(z=3.4, share=0.2), "the largest of many normal numbers")
        self.assertFalse(tried(z=18.0), "it carries nothing")
        self.assertTrue(tried(z=-18.0, share=0.02), "of either sign")
        self.assertTrue(tried(z=18.0, signed=-2e-6))

    def test_APlanThatRunsOverItsBudgetSaysSo(self):
        d = result(f"plan -m {pages.MODEL} --tokens 8 --probes 3")
        d["budget"] = "kld=10%"
        d["base"]["observed"]["kld"], d["plan"]["observed"]["kld"] = 1e-4, 1.3e-5
        opened(d)
        self.assertIn("exceeds the budget of kld=10%: 13.0\u00a0% of the base's divergence", tab.run(ANSWER))
        labels = tab.run("[...document.querySelectorAll('#view-curve .point-label')].map((n) => n.textContent)")
        for name in ("plan", "base", *(r["name"] for r in d["rules"])):
            self.assertIn(name, labels)
        self.assertGreaterEqual(tab.run("document.querySelectorAll('#view-curve .ring').length"), 1)
        d["plan"]["observed"]["kld"] = 0.9e-5
        opened(d)
        self.assertIn("within the budget", tab.run(ANSWER))

    def test_ComparedNumbersHaveDigitsEnoughAndSharesTheirOwnNames(self):
        d = result(f"profile -m {pages.MODEL} --tokens 6 --recipe bf16 --effects")
        d["output"]["cross_entropy"].update(reference=1.51092, recipe=1.51314)
        opened(d)
        self.assertIn("1.5109 nats in the reference, 1.5131 in the recipe", tab.run("document.querySelector('#view-output').innerText"))
        self.assertIn("Rounded alone, “", tab.run(ANSWER))
        self.assertIn("of the sum over all sites", tab.run(ANSWER))
        self.assertIn("predicted share", tab.run("document.querySelector('#view-sites select').textContent"))
        self.assertIn("Made here, came in and total", tab.run("document.querySelector('#view-sites .lead').textContent"))

    def test_ToleranceSaysWhichHypothesisFailsAndTheRemedy(self):
        opened(result("tolerance gemm --k 4096 --in fp16 --out fp16 --absmax 100,100"))
        said = tab.run(SUMMARY)
        self.assertIn("no overflow of the result", tab.run(ANSWER))
        self.assertIn("--finite", said)
        self.assertIn("at most 100, 100", said)
        self.assertIn("binary64 evaluation", said)
        everything = tab.run("document.querySelector('main').innerText")
        for wrong in ("No theorem gives", "No correct kernel exceeds it", "with the stated probability at most"):
            self.assertNotIn(wrong, everything)
        opened(result("tolerance sdpa --n 2048 --d 128 --order flash:64 --absmax 4 --against kernel"))
        pasted = re.findall(r"rtol=(\S+?),", tab.run(SUMMARY))
        self.assertEqual([float(v) for v in re.findall(r"rtol ([\d.]+\d)", tab.run(ANSWER))], [float(v) for v in pasted[::-1]])

    def test_BoundsNameTheTheoremOfTheFactor(self):
        opened(result("bounds --random d=6,n=4,D=8,L=3 --format bin34"))
        self.assertIn("Of the factors of Theorem 4.30's bound", tab.run(ANSWER))
        self.assertNotIn("Of its factors", tab.run(SUMMARY))
        self.assertEqual(tab.run("document.querySelectorAll('.next li').length"), 3)
        self.assertNotIn("--help", tab.run(SUMMARY))

    def test_CertifyReads(self):
        opened(result(f"certify -m {pages.MODEL} --tokens 4 --candidates 2"))
        self.assertRegex(tab.run(ANSWER), r"In the run (none|\d+) flipped; [\d.e-]+ were expected\.$")

    def test_SpectraAreTrueOfFullRankAndTellDirections(self):
        d = pages.spectra(4, 1, compare=True)
        d["model"]["folder"], d["compare"]["model"]["folder"] = "m/late", "m/early"
        for h in d["heads"]:
            h["omega_kq"] = {"plain": 2.0, "tight": 1.0}
        opened(d)
        self.assertNotIn("condition number is infinite", tab.run("document.querySelector('main').innerText"))
        self.assertRegex(tab.run(ANSWER), r"^From m/early to m/late head 0 of layer 3 changed most: .* its sigma max from ")
        tab.open(folder / "made.html", "#file=1&view=compare-heads&quantity=sigma_max")
        self.assertIn("above 0 it is larger in m/late than in m/early", tab.run("document.querySelector('#view-compare-heads').innerText"))
        self.assertNotIn("omega", tab.run("document.querySelector('#view-layers').innerText"))
        tab.open(folder / "made.html", "#file=1&view=heads&quantity=omega_kq.plain")
        self.assertIn("how strongly scores may amplify errors", tab.run("document.querySelector('#view-heads').innerText"))

    def test_YellowIsLarge(self):
        for dark in (False, True):
            tab.size(1280, dark=dark)
            opened(pages.spectra(3, 3), place="#view=heads&quantity=sigma_max")
            fills = dict(tab.run("[...document.querySelectorAll('#view-heads .cell rect')].map((n) => [n.dataset.cell, n.getAttribute('fill')])"))
            heads = {f"{h['layer']}.{h['head']}": h["sigma_max"] for h in pages.spectra(3, 3)["heads"]}
            colour = [int(v) for v in re.findall(r"\d+", fills[max(heads, key=heads.get)])] if "rgb" in fills["0.0"] else \
                [int(fills[max(heads, key=heads.get)][i:i + 2], 16) for i in (1, 3, 5)]
            self.assertTrue(colour[0] > 200 and colour[1] > 200 and colour[2] < 120, (dark, colour))

    def test_NamesOfColumnsAreWholeOnAPhone(self):
        d = result(f"profile -m {pages.MODEL} --tokens 4 --recipe bf16")
        for width in (420, 360):
            tab.size(width)
            opened(d)
            cut = tab.run("""[...document.querySelectorAll('.heat-map')].flatMap((svg) => { const right = svg.getBoundingClientRect().right;
              return [...svg.querySelectorAll('text')].filter((n) => n.getBoundingClientRect().right > right + 1).map((n) => n.textContent); })""")
            self.assertEqual(cut, [], width)
        tab.size(420)
        opened(d)
        self.assertLessEqual(tab.run("document.querySelector('#view-sites .scroll').scrollWidth - document.querySelector('#view-sites .scroll').clientWidth"), 0)

    def test_SeveralResultsBeginWithAnOverview(self):
        first, second = figure(a=(1, 0.9, 1.1)), pages.tolerance()
        opened(first, second)
        rows = tab.run("[...document.querySelectorAll('#overview li')].map((n) => [n.querySelector('a').hash, n.innerText])")
        self.assertEqual(len(rows), 2)
        self.assertIn("Tolerance of gemm", rows[1][1])
        self.assertIn("never differs by more than", rows[1][1])
        tab.click("#overview li:nth-child(2) a")
        tab.wait("document.getElementById('files').dataset.file === '2' && !document.getElementById('overview')")
        tab.run("[...document.querySelectorAll('#files a')].find((a) => a.textContent === 'Overview').click()")
        tab.wait("document.getElementById('overview') !== null")
        opened(second)
        self.assertFalse(tab.run("document.getElementById('overview') !== null"))

    def test_PaperHasEverything(self):
        wide = pages.spectra(3, 2)
        opened(figure(a=(1, 0.9, 1.1)), wide, place="#file=1")
        tab.run("(() => { const s = document.querySelector('#view-figure select'); s.value = 'largest'; s.dispatchEvent(new Event('change')); })()")
        tab.run("dispatchEvent(new Event('beforeprint'))")
        self.assertEqual(tab.run("document.querySelectorAll('main > .result').length"), 2)
        self.assertTrue(tab.run("document.getElementById('overview') !== null"))
        self.assertIn("Statistic: largest.", tab.run("document.querySelector('#view-figure figcaption').textContent"), "the choice is kept and said")
        self.assertIn("Layer: 0.", tab.run("document.getElementById('result-2-view-heads-curves').querySelector('figcaption').textContent"))
        self.assertGreaterEqual(tab.run("Math.min(...[...document.querySelectorAll('.line-plot')].map((n) => n.getAttribute('width')))"), 650)
        columns = tab.run("[...document.querySelectorAll('.parts table')].map((t) => t.tHead.rows[0].cells.length)")
        self.assertTrue(columns and max(columns) <= 12, columns)
        ids = tab.run("[...document.querySelectorAll('[id]')].map((n) => n.id)")
        self.assertEqual(len(ids), len(set(ids)), "ids are unique")
        tab.run("dispatchEvent(new Event('afterprint'))")
        self.assertEqual(tab.run("document.querySelectorAll('main > .result, #overview, .parts').length"), 1)
        self.assertEqual(tab.run("document.querySelector('#view-figure select').value"), "largest")


if __name__ == "__main__":
    if not browser.find():
        print("skipped: no Chromium on the path (Debian: chromium-headless-shell)")
        sys.exit(77)
    unittest.main(argv=[sys.argv[0], *sys.argv[2:]], verbosity=2)
