# report_test.py HALFULP: the page of results in a headless Chromium, as people use it: it draws without complaint in both
# themes and at several widths, sorts, filters, tells exact numbers, follows links and keys, and takes no string for markup.
# Exit code 77 (skipped) where no Chromium is found.
import json
import math
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

import browser
import pages

PROGRAM = os.path.abspath(sys.argv[1]) if len(sys.argv) > 1 else ""
FIRST = "document.querySelector('.table table')"


def setUpModule():
    global folder, scratch, results, page, names, tab
    scratch = tempfile.TemporaryDirectory(prefix="halfulp-report-")
    folder = pathlib.Path(scratch.name)
    results = pages.write_results(PROGRAM, folder)
    names = list(results)
    page = pages.report(PROGRAM, results.values(), folder / "all.html")
    tab = browser.Browser()


def tearDownModule():
    tab.__exit__()
    scratch.cleanup()


def document(name):
    return json.loads(results[name].read_text())


def place(name, rest=""):
    return f"#file={names.index(name) + 1}{rest}"


class Page(unittest.TestCase):
    def setUp(self):
        tab.size(1280)

    def tearDown(self):
        self.assertEqual(tab.complaints(), [])

    def test_EveryResultIsDrawnInBothThemesAndAtEveryWidth(self):
        for width, dark in [(1280, False), (1280, True), (390, False), (768, True)]:
            tab.size(width, dark=dark)
            tab.open(page)
            for name in names:
                with self.subTest(name, width=width, dark=dark):
                    tab.run(f"location.hash = {json.dumps(place(name))}")
                    tab.wait(f"document.getElementById('files').dataset.file === '{names.index(name) + 1}'")
                    self.assertEqual(tab.run("[...document.querySelectorAll('section > .flag')].map((n) => n.textContent)"), [])
                    empty = tab.run("[...document.querySelectorAll('figure.plot')].filter((f) => !f.querySelector('.cell rect, path.line[d], circle, .bar, .token, .count-bar, .symbol')).map((f) => f.dataset.plot)")
                    self.assertEqual(empty, [], "plots without a mark")
                    self.assertEqual(tab.run("[...document.querySelectorAll('svg [d*=NaN], svg [x*=NaN], svg [y*=NaN], svg [transform*=NaN], svg [width*=NaN]')].map((n) => n.outerHTML.slice(0, 200))"), [])
                    self.assertLessEqual(tab.run("document.documentElement.scrollWidth - innerWidth"), 0, "the page is wider than its window")
                    self.assertGreater(tab.run("document.querySelector('.answer').textContent.length"), 20)
                    words = tab.run("document.querySelector('main').innerText")
                    for wrong in ("undefined", "NaN to", "[object", "null"):
                        self.assertFalse(wrong in words, f"{wrong}: ...{words[max(0, words.find(wrong) - 60):][:120]}")
                    steps = tab.run("document.querySelectorAll('.next li').length")
                    self.assertTrue(1 <= steps <= 3, steps)
                    self.assertEqual(tab.run("[...document.querySelectorAll('.next a')].filter((a) => { const v = new URLSearchParams(a.hash.slice(1)).get('view'); return !document.getElementById('view-' + v); }).length"), 0, "advice links to a view that is not there")
            background = tab.run("getComputedStyle(document.body).backgroundColor")
            self.assertEqual(sum(map(int, background[4:-1].split(","))) < 200, dark)
            self.assertEqual(tab.complaints(), [])

    def test_TextIsReadableOnItsGround(self):
        contrast = """(() => {
          const rgb = (c) => c.match(/[\\d.]+/g).map(Number);
          const light = (c) => { const [r, g, b] = rgb(c).map((v) => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4); return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
          const ground = (n) => { for (; n; n = n.parentElement) { const c = getComputedStyle(n).backgroundColor; if (rgb(c)[3] !== 0) return c; } };
          const low = [];
          for (const n of document.querySelectorAll('h1, h2, p, dt, dd, td, th, label, a, button, .token, .count')) {
            if (!n.textContent.trim() || n.closest('.hatched')) continue;
            const [a, b] = [light(getComputedStyle(n).color), light(ground(n))].sort((x, y) => y - x);
            if ((a + 0.05) / (b + 0.05) < 4.5) low.push(`${n.className || n.tagName} ${n.textContent.slice(0, 30)} ${((a + 0.05) / (b + 0.05)).toFixed(2)}`);
          }
          const ink = [...document.querySelectorAll('.in-cell')].map((n) => [n, n.parentNode.querySelector('rect')]).filter(([n, r]) => r.getAttribute('fill') && r.getAttribute('fill') !== 'none');
          for (const [n, r] of ink) { const [a, b] = [light(getComputedStyle(n).fill), light(getComputedStyle(r).fill)].sort((x, y) => y - x); if ((a + 0.05) / (b + 0.05) < 4.5) low.push(`cell ${n.textContent}`); }
          return low; })()"""
        for dark in (False, True):
            tab.size(1280, dark=dark)
            for name in ("profile", "certify", "plan", "bounds"):
                tab.open(page, place(name))
                self.assertEqual(tab.run(contrast), [], (name, dark))

    def test_TheThemeCanBeChosen(self):
        tab.open(page)
        ground = "getComputedStyle(document.body).backgroundColor"
        before, cell = tab.run(ground), tab.run("document.querySelector('.cell rect').getAttribute('fill')")
        tab.click("#theme")
        self.assertNotEqual(tab.run(ground), before)
        self.assertNotEqual(tab.run("document.querySelector('.cell rect').getAttribute('fill')"), cell, "colours of maps follow")
        tab.click("#theme")
        self.assertEqual(tab.run(ground), before)
        tab.run("try { localStorage.clear() } catch (e) {}")

    def column(self, title, selector="#view-table"):
        return tab.run(f"""(() => {{ const t = document.querySelector('{selector} table');
          const i = [...t.tHead.rows[0].cells].findIndex((c) => c.textContent === {json.dumps(title)});
          return [...t.tBodies[0].rows].map((r) => r.cells[i].title || r.cells[i].textContent); }})()""")

    def press_header(self, title, selector="#view-table"):
        tab.run(f"[...document.querySelectorAll('{selector} .sort')].find((b) => b.textContent === {json.dumps(title)}).click()")

    def test_TablesSort(self):
        tab.open(page, place("profile", "&view=table"))
        self.press_header("Total")
        down = [float(v) for v in self.column("Total")]
        expected = sorted((s["total"]["normwise"] for s in document("profile")["sites"]), reverse=True)
        self.assertEqual(down, expected)
        self.press_header("Total")
        self.assertEqual([float(v) for v in self.column("Total")], expected[::-1])
        self.press_header("Site")
        self.assertEqual(self.column("Site"), sorted(s["site"] for s in document("profile")["sites"]))
        self.press_header("Amplified")
        amplified = self.column("Amplified")
        self.assertIn("the input has no error", amplified[-1], "what has no value comes last")
        self.press_header("Amplified")
        self.assertIn("the input has no error", self.column("Amplified")[-1], "in either direction")
        self.assertEqual(tab.run("document.querySelector('#view-table [aria-sort=ascending]').textContent"), "Amplified")

    def filtered(self, text, selector="#view-table"):
        tab.run(f"(() => {{ const i = document.querySelector('{selector} input'); i.value = {json.dumps(text)}; i.dispatchEvent(new Event('input')); }})()")
        return tab.run(f"[...document.querySelectorAll('{selector} tbody tr')].length")

    def test_TablesFilter(self):
        sites = document("profile")["sites"]
        tab.open(page, place("profile", "&view=table"))
        self.assertEqual(self.filtered("softmax"), sum(s["site"] == "softmax" for s in sites))
        self.assertEqual(self.filtered("share>0.02"), sum(s["share"] > 0.02 for s in sites))
        self.assertEqual(self.filtered("mlp share<0.02 layer=1"), sum("mlp" in s["site"] and s["share"] < 0.02 and s["layer"] == 1 for s in sites))
        self.assertEqual(self.filtered("nothing-has-this"), 0)
        self.assertEqual(tab.run("document.querySelector('#view-table .count').textContent"), f"0 of {len(sites)} rows")
        self.assertEqual(self.filtered(""), len(sites))

    def test_HoveringTellsExactNumbers(self):
        tab.open(page, place("profile"))
        site = next(s for s in document("profile")["sites"] if s["layer"] == 2 and s["site"] == "softmax")
        tab.hover("[data-cell='2.softmax']")
        tip = tab.run("document.getElementById('tooltip').hidden ? '' : document.getElementById('tooltip').innerText")
        self.assertIn("softmax of layer 2", tip)
        self.assertIn(repr(site["total"]["normwise"]), tip)
        tab.hover("h1")
        self.assertTrue(tab.run("document.getElementById('tooltip').hidden"))
        tab.hover("#view-depth .line-plot")
        self.assertRegex(tab.run("document.getElementById('tooltip').innerText"), r"total, 2-norm: 0\.\d{10}")
        tab.open(page, place("figure1"))
        tab.hover("#view-figure .line-plot")
        self.assertIn("layer", tab.run("document.getElementById('tooltip').innerText"))

    def test_MapsCanBeReadByKeyboard(self):
        tab.open(page, place("profile"))
        tab.run("document.querySelector('#view-sites .heat-map').focus()")
        for key in ("ArrowDown", "ArrowDown", "ArrowRight"):
            tab.press(key)
        spoken = tab.run("document.getElementById('spoken').textContent")
        self.assertIn("qkv of layer 2", spoken)
        self.assertTrue(tab.run("document.querySelector('#view-sites .cursor').getAttribute('visibility') === 'visible'"))
        tab.press("Enter")
        tab.wait("location.hash.includes('select=2.qkv')")
        tab.wait("document.querySelector('#view-sites .detail svg') !== null")
        drawn = tab.run("[...document.querySelectorAll('#view-sites .detail .histogram .count-bar')].length")
        chosen = next(s for s in document("profile")["sites"] if (s["layer"], s["site"]) == (2, "qkv"))
        self.assertEqual(drawn, len(chosen["total"]["componentwise"]["histogram"]["counts"]), "a bar for each power of two")
        tab.run("document.querySelector('#view-depth .line-plot').focus()")
        tab.press("ArrowRight")
        self.assertIn("layers passed 0", tab.run("document.getElementById('spoken').textContent"))
        unreachable = tab.run("[...document.querySelectorAll('svg.heat-map, svg.line-plot, button, select, input, a, tr.choosable')].filter((n) => n.tabIndex < 0 && !n.matches('.token')).length")
        self.assertEqual(unreachable, 0)

    def test_LinksOpenWhereTheyPointAndTheBackButtonReturns(self):
        tab.open(page, place("profile", "&view=sites&quantity=local&select=3.score"))
        state = "[document.querySelector('#view-sites select').value, document.querySelector('#view-sites .detail figcaption')?.textContent.slice(0, 16)]"
        self.assertEqual(tab.run(state), ["local", "score of layer 3"])
        self.assertEqual(tab.run("document.querySelector('#view-sites .chosen').getAttribute('visibility')"), "visible")
        tab.click("[data-cell='0.qkv']")
        tab.wait("document.querySelector('#view-sites .detail figcaption')?.textContent.startsWith('qkv of layer 0')")
        tab.run("history.back()")
        tab.wait("document.querySelector('#view-sites .detail figcaption')?.textContent.startsWith('score of layer 3')")
        tab.run(f"location.hash = {json.dumps(place('certify', '&view=tokens&select=4'))}")
        tab.wait("document.querySelector('#view-tokens .detail h3')?.textContent.startsWith('Position 4')")
        tab.run("history.back()")
        tab.wait("document.querySelector('#view-sites .detail figcaption')?.textContent.startsWith('score of layer 3')")
        for wrong in ("#file=99", "#file=-1&view=nowhere", "#file=1&view=sites&select=9.nothing&quantity=none", "#%%%", "#file=1&view=__proto__", "#file=constructor"):
            tab.open(page, wrong)
            self.assertTrue(tab.run("document.querySelector('.answer') !== null"), wrong)

    def test_EveryPlotGivesItsDataAsCsvAndAsATable(self):
        for name in names:
            tab.open(page, place(name))
            files = tab.run("""(async () => { const made = []; const create = URL.createObjectURL;
              URL.createObjectURL = (blob) => { made.push(blob); return create(blob); };
              HTMLAnchorElement.prototype.click = function () { made[made.length - 1].file = this.download; };
              for (const b of document.querySelectorAll('button.csv')) b.click();
              return Promise.all(made.map(async (blob) => [blob.file, await blob.text()])); })()""")
            plots = tab.run("document.querySelectorAll('figure.plot').length")
            self.assertEqual(len(files), plots)
            for file, text in files:
                lines = text.strip().split("\n")
                self.assertGreater(len(lines), 1, (name, file))
                self.assertTrue(file.endswith(".csv"))
            tab.run("for (const b of document.querySelectorAll('button.toggle')) b.click()")
            self.assertEqual(tab.run("[...document.querySelectorAll('figure.plot')].filter((f) => !f.querySelector('table tbody tr')).length"), 0, name)
            tab.run("for (const b of document.querySelectorAll('button.toggle')) b.click()")
            self.assertEqual(tab.run("document.querySelectorAll('figure.plot > .holder > .table').length"), 0)

    def test_CsvHasTheNumbersOfTheResult(self):
        tab.open(page, place("profile"))
        text = tab.run("""(async () => { let made; const create = URL.createObjectURL; URL.createObjectURL = (blob) => { made = blob; return create(blob); };
          HTMLAnchorElement.prototype.click = () => {}; document.querySelector("[data-plot='layer-by-site'] .csv").click(); return made.text(); })()""")
        lines = [line.split(",") for line in text.strip().split("\n")]
        at = {key: i for i, key in enumerate(lines[0])}
        sites = document("profile")["sites"]
        self.assertEqual(len(lines) - 1, len(sites))
        for row, s in zip(lines[1:], sites):
            self.assertEqual(row[at["site"]], s["site"])
            self.assertEqual(float(row[at["total"]]), s["total"]["normwise"])
            self.assertEqual(row[at["amplification"]] == "", s["amplification"] is None)

    def test_WhatHasNoNumberIsHatchedAndSaysWhy(self):
        tab.open(page, place("profile", "&view=sites&quantity=amplification"))
        self.assertTrue(tab.run("document.querySelector(\"[data-cell='-.embed']\").getAttribute('fill').startsWith('url(')"))
        self.assertEqual(tab.run("getComputedStyle(document.querySelector(\"[data-cell='-.embed']\")).fill.includes('url')"), True)
        tab.hover("[data-cell='-.embed']")
        self.assertIn("the input has no error", tab.run("document.getElementById('tooltip').innerText"))
        self.assertIn("the input has no error", tab.run("document.querySelector('#view-sites .legend-row').innerText"))

    def test_TokensAreColouredByCertainty(self):
        d = document("certify")
        tab.open(page, place("certify"))
        kinds = {"certain": "proved", "certain to first order": "first-order", "certain with probability": "probable", "at risk": "risky"}
        shown = tab.run("[...document.querySelectorAll('.tokens .token')].map((n) => [n.textContent, [...n.classList].join(' ')])")
        self.assertIn(" ", [t["text"] for t in d["tokens"]])
        self.assertEqual([text for text, _ in shown], ["\u2423" if t["text"] == " " else t["text"].replace("\n", "\u21b5") for t in d["tokens"]])
        for (_, classes), t in zip(shown, d["tokens"]):
            self.assertIn(kinds[t["verdict"]], classes.split())
            self.assertEqual("flipped" in classes.split(), t["flips"] > 0)
        tab.run("document.querySelector('.tokens .token').focus()")
        tab.press("ArrowRight")
        self.assertIn("position 1,", tab.run("document.getElementById('spoken').textContent"))
        tab.press("Enter")
        tab.wait("location.hash.includes('select=1')")
        tab.wait("document.querySelector('#view-tokens .detail h3')?.textContent.startsWith('Position 1')")
        for t in d["tokens"]:
            del t["text"]
            for c in t["competitors"]:
                del c["text"]
        tab.open(pages.with_documents(page, [("ids.json", d)], folder / "ids.html"))
        shown = tab.run("[...document.querySelectorAll('.tokens .token')].map((n) => n.textContent)")
        self.assertEqual(shown, [str(t["token"]) for t in d["tokens"]])

    def test_ThePageHasNoMarkupFromResults(self):
        # Folders may be named so; the second path closes a script element, slash and all.
        attacks = ["<img src=x onerror=window.injected=1>", "</script><script>window.injected=1</script>", "<svg onload=window.injected=1>", "</script /x",
                   "<!-- <script ", "javascript:window.injected=1", "\"'><b>&lt;\u2028${window.injected=1}"]
        made = []
        for i, attack in enumerate(attacks):
            model = folder / f"attack{i}" / attack
            model.parent.mkdir(parents=True)
            shutil.copytree(pages.ROOT / pages.MODEL, model)
            for verb in ("profile", "inspect", "certify") if i < 2 else ("inspect",):
                command = [PROGRAM, verb, "-m", str(model), "--json"] + (["--tokens", "3"] if verb != "inspect" else [])
                done = subprocess.run(command, capture_output=True, text=True)
                self.assertEqual(done.returncode, 0, done.stderr)
                file = model.parent / f"{verb} <b>.json"
                file.write_text(done.stdout)
                made.append(file)
        attacked = pages.report(PROGRAM, made, folder / "attacked.html")
        texts = document("certify")
        for t in texts["tokens"]:
            t["text"] = attacks[t["position"] % len(attacks)]
        hostile = pages.spectra(3, 3)
        hostile["heads"][0].update({a: 1.5 for a in attacks}, flags=attacks, note=attacks[0])
        by_hand = pages.with_documents(page, [(attacks[0], texts), (attacks[1], hostile)], folder / "by_hand.html")
        for path, count in ((attacked, len(made)), (by_hand, 2)):
            for i in range(count):
                tab.open(path, f"#file={i + 1}&view=tokens&select=1")
                for hovered in (".token, .bar-row", ".cell rect", "[data-cell='0.0']"):
                    tab.run(f"for (const n of document.querySelectorAll({json.dumps(hovered)})) n.dispatchEvent(new MouseEvent('mousemove', {{bubbles: true}}))")
                    self.assertEqual(tab.run("document.querySelectorAll('#tooltip :not(div, span)').length"), 0)
                tab.run("for (const b of document.querySelectorAll('button.toggle, .table .more')) b.click()")
                self.assertFalse(tab.run("'injected' in window"))
                self.assertEqual(tab.run("document.querySelectorAll('img, b, [onload], [onerror]').length"), 0)
                self.assertEqual(tab.run("document.scripts.length"), 3)
                self.assertEqual(tab.complaints(), [])
                self.assertEqual(tab.run("[...document.querySelectorAll('a')].filter((a) => !a.hash).length"), 0)
        tab.open(by_hand, "#file=1&view=tokens&select=0")
        self.assertIn(attacks[0], tab.run("document.querySelector('#view-tokens .detail h3').textContent"), "it is shown as it is")
        tab.open(attacked)
        self.assertIn("onerror", tab.run("document.querySelector('.summary').textContent"))

    def test_ThePolicyStopsForeignScripts(self):
        tab.open(page)
        tab.run("(() => { const s = document.createElement('script'); s.textContent = 'window.injected = 1'; document.body.append(s); })()")
        self.assertFalse(tab.run("'injected' in window"))
        tab.run("new Promise((done) => setTimeout(done, 50))")
        self.assertTrue(any("Content Security Policy" in c for c in tab.complaints()))
        tab.events.clear()

    def test_ThirtyTwoHeadsInThirtyTwoLayersOpenInASecond(self):
        big = pages.with_documents(page, [("a.json", pages.spectra()), ("b.json", pages.large_profile(document("profile")))], folder / "big.html")
        self.assertLess(big.stat().st_size, 5e6)
        seconds = {file: min(tab.open(big, f"#file={file}") for _ in range(5)) for file in (1, 2)}
        print("seconds until drawn:", {k: round(v, 3) for k, v in seconds.items()}, "bytes:", big.stat().st_size)
        for took in seconds.values():
            self.assertLess(took, 1.0)
        tab.open(big)
        self.assertEqual(tab.run("document.querySelectorAll('#view-heads .cell').length"), 1024)

    def test_SpectraShowEveryQuantityAndCompare(self):
        first, second = pages.spectra(6, 8), pages.spectra(6, 8, factor=4.0)
        made = pages.with_documents(page, [("a.json", first), ("b.json", second)], folder / "spectra.html")
        tab.open(made, "#view=heads&quantity=effective_condition&select=3.5")
        offered = tab.run("[...document.querySelector('#view-heads select').options].map((o) => o.value)")
        for key in ("sigma_max", "sigma_min", "effective_condition", "stable_rank", "nuclear_norm", "abs_sigma_max.lower", "abs_sigma_max.upper", "factor_as_printed", "factor_repaired", "logit_bound"):
            self.assertIn(key, offered)
        self.assertTrue(tab.run("document.querySelector(\"[data-cell='3.5']\").getAttribute('fill').startsWith('url(')"), "infinite")
        self.assertEqual(tab.run("document.querySelector('#view-heads .detail h3').textContent"), "Head 5 of layer 3")
        self.assertTrue(tab.run("document.querySelector('#view-heads .detail .line-plot path.line') !== null"), "its singular values")
        tab.open(made, "#view=heads&quantity=effective_condition&against=2")
        tab.hover("[data-cell='0.0']")
        tip = tab.run("document.getElementById('tooltip').innerText")
        ratio = float(tip.split("log2 of the ratio: ")[1].split("\n")[0])
        self.assertLess(abs(ratio + 2), 1e-12)
        tab.open(made, "#view=heads-curves")
        self.assertEqual(tab.run("document.querySelectorAll('#view-heads-curves path.line').length"), 8)
        self.assertTrue(tab.run("document.querySelector('#view-layers path.line') !== null"))
        flags = sum(bool(h["flags"]) for h in first["heads"])
        self.assertIn(f"{flags} of 48 heads are flagged" if flags else "None of 48", tab.run("document.querySelector('.answer').textContent"))
        made = pages.with_documents(page, [("c.json", pages.spectra(4, 4, compare=True))], folder / "compared.html")
        tab.open(made, "#view=compare-heads&quantity=sigma_max")
        tab.hover("#view-compare-heads [data-cell='3.1']")
        tip = tab.run("document.getElementById('tooltip').innerText")
        self.assertIn("change of sigma max, log2: 1", tip)
        self.assertIn("hot", tip)
        self.assertIn("head 3 of layer 3, which changed most", tab.run("document.querySelector('.next').textContent"))

    def test_ItPrints(self):
        tab.size(1280, dark=True)
        tab.open(page, place("profile"))
        tab.pdf(folder / "page.pdf")
        data = (folder / "page.pdf").read_bytes()
        self.assertTrue(data.startswith(b"%PDF"))
        self.assertGreater(data.count(b"/Type /Page\n") + data.count(b"/Type /Page "), 1)
        self.assertFalse(tab.run("'printing' in document.documentElement.dataset"))

    def test_AResultFromNowhereIsStillReadable(self):
        strange = {"schema": "halfulp.tomorrow/1", "provenance": pages.provenance("tomorrow"), "title": "t", "limit": 1e-5, "hold": None, "deep": {"a": {"b": [1, 2]}}, "rows": [{"x": 1, "y": {"z": None}}, {"x": 2}]}
        broken = pages.spectra(2, 2)
        broken["heads"].append({"layer": 0, "head": 9})
        made = pages.with_documents(page, [("a", strange), ("b", broken), ("c", pages.tolerance())], folder / "strange.html")
        for file in (1, 2, 3):
            tab.open(made, f"#file={file}")
            self.assertEqual(tab.run("document.querySelectorAll('section > .flag').length"), 0)
            self.assertGreater(tab.run("document.querySelectorAll('.view').length"), 1)
        self.assertIn("never differs by more than atol 0.0001, rtol 0.004", tab.run("document.querySelector('.answer').textContent"))


if __name__ == "__main__":
    if not browser.find():
        print("skipped: no Chromium on the path (Debian: chromium-headless-shell)")
        sys.exit(77)
    unittest.main(argv=[sys.argv[0], *sys.argv[2:]], verbosity=2)
