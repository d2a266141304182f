"""The page in a real browser: sorted, filtered, stepped through, by keyboard, light and dark, narrow and wide; it fetches
nothing and complains of nothing, and names of a run stay text, whatever they are.

    browser_test.py CFGT_REPORTS_TEST [NAME...]

Needs chromium, and fails without it. browser.py drives it.
"""

import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from browser import Browser  # noqa: E402

REPORTS_TEST = None

# What a page must not take for markup, in one name each.
HOSTILE = {
    "script": "<script>window.hacked=1</script>",
    "attribute": "\"><img src=x onerror=window.hacked=1>",
    "quotes": "'\"`${window.hacked=1}`'\" onmouseover='window.hacked=1'",
    "end": "</script></style></textarea><!-- ]]> &lt;b&gt;",
    "long": "n" * 10000,
    "right to left": "\u05e9\u05dc\u05d5\u05dd \u202eevil\u202c \u0645\u0631\u062d\u0628\u0627",
    "controls": "a\u0000b\u001b[31mc\u2028d\u200be",
}


def render(folder, result=None, **more):
    """The sample, or a result, as report.html in `folder`."""
    page = os.path.join(folder, "report.html")
    names = {"CFGT_SAMPLE_REPORT": page, **more}
    if result is not None:
        names["CFGT_SAMPLE_RESULT"] = os.path.join(folder, "result.json")
        with open(names["CFGT_SAMPLE_RESULT"], "w") as file:
            json.dump(result, file)
    subprocess.run([REPORTS_TEST, "--gtest_filter=Html.WritesTheSampleWhereAsked"], check=True,
                   stdout=subprocess.DEVNULL, env={**os.environ, **names})
    return page


def with_findings(result, count):
    """The same run with so many findings more, each a cause of its own, and all of one kind."""
    cell = next(cell for cell in result["cells"] if cell["findings"])
    one = cell["findings"][0]
    cell["findings"] = [{**one, "id": f"f{i}", "fingerprint": f"{i:016x}", "title": f"lost update number {i} of many"}
                        for i in range(1, count + 1)]
    return result


def hostile(value, text, key=""):
    """`value` with each of its names replaced, but for those that the tool itself gives."""
    ours = {"schema", "engine", "kind", "verdict", "expected", "agreement", "status", "flavour", "memory", "explorer",
            "context", "id", "cells", "params"}
    if isinstance(value, dict):
        return {name: item if name in ours and isinstance(item, str) else hostile(item, text, name)
                for name, item in value.items()}
    if isinstance(value, list):
        return [hostile(item, text, key) for item in value]
    return text if isinstance(value, str) and value else value


class BrowserTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="cfgt_page_")
        saved = os.path.join(cls.folder, "sample.json")
        cls.sample = render(cls.folder, CFGT_SAMPLE_JSON=saved)
        cls.result = json.loads(pathlib.Path(saved).read_text())
        cls.browser = Browser()

    @classmethod
    def tearDownClass(cls):
        cls.browser.__exit__()
        shutil.rmtree(cls.folder)

    def open(self, path=None, **how):
        page = self.browser.open(path or self.sample, **how)
        self.addCleanup(self.quiet, page)
        return page

    def quiet(self, page):
        """Whatever was done with it: no complaint, and nothing fetched but itself."""
        page.js("new Promise(requestAnimationFrame)")
        self.assertEqual(page.errors, [])
        self.assertEqual(set(page.requests), {page.url})
        page.close()

    def other(self, result):
        folder = tempfile.mkdtemp(dir=self.folder)
        return render(folder, result)

    # ---- tables --------------------------------------------------------------------------------------------------

    def test_a_table_is_sorted_by_its_heads_and_says_so(self):
        page = self.open()
        head = "document.querySelector('table.overview thead th:nth-child(5)')"
        column = ("[...document.querySelectorAll('table.overview tbody tr')]"
                  ".map((row) => Number(row.cells[4].dataset.v))")
        before = page.js(column)
        self.assertEqual(page.js(f"{head}.getAttribute('aria-sort')"), "none")
        page.js(f"{head}.querySelector('button').focus()")
        page.press("Enter")
        self.assertEqual(page.js(column), sorted(before, reverse=True))
        self.assertNotEqual(page.js(column), before)
        self.assertEqual(page.js(f"{head}.getAttribute('aria-sort')"), "descending")
        page.press(" ")
        self.assertEqual(page.js(column), sorted(before))
        self.assertEqual(page.js(f"{head}.getAttribute('aria-sort')"), "ascending")
        self.assertIn("ascending", page.js("document.querySelector('[role=status]').textContent"))
        page.js("document.querySelector('table.overview thead th:nth-child(1) button').click()")
        names = page.js("[...document.querySelectorAll('table.overview tbody th')].map((cell) => cell.innerText)")
        self.assertEqual(names, sorted(names))
        self.assertEqual(page.js(f"{head}.getAttribute('aria-sort')"), "none")

    def test_a_filter_keeps_the_rows_that_hold_every_word(self):
        page = self.open()
        page.js("document.querySelector('.filter input[aria-label=\"Filter: lock_stat\"]').focus()")
        page.type("READERS hot-plug")
        rows = page.js("[...document.querySelectorAll('table.stat tbody tr')].filter((row) => !row.hidden)"
                       ".map((row) => row.cells[0].textContent + ' ' + row.cells[1].textContent)")
        self.assertEqual(rows, ["readers hot-plug"])
        self.assertRegex(page.js("document.activeElement.nextSibling.textContent"), r"1 of \d+")
        page.js("(() => { const input = document.activeElement; input.value = '';"
                " input.dispatchEvent(new Event('input')); })()")
        self.assertEqual(page.js("document.querySelectorAll('table.stat tbody tr[hidden]').length"), 0)

    def test_a_long_table_shows_its_first_rows_in_whatever_order_until_asked(self):
        result = json.loads(json.dumps(self.result))
        watched = [cell for cell in result["cells"] if cell["locks"]]
        for cell in watched:
            cell["locks"] = [{**cell["locks"][0], "name": f"lock {i}"} for i in range(30)]
        page = self.open(self.other(result))
        shown = "[...document.querySelectorAll('table.stat tbody tr')].filter((row) => !row.hidden)"
        total = 30 * len(watched)
        self.assertEqual(page.js(f"{shown}.length"), 40)
        page.js("document.querySelector('table.stat thead th:nth-child(4) button').click()")
        names = page.js(f"{shown}.map((row) => row.cells[3].textContent)")
        self.assertEqual(len(names), 40)
        self.assertEqual(set(names[:len(watched)]), {"lock 0"})
        page.js("document.querySelector('.filter input[aria-label=\"Filter: lock_stat\"]').focus()")
        page.type("lock 29")
        self.assertEqual(page.js(f"{shown}.length"), len(watched))
        page.js("(() => { const input = document.activeElement; input.value = '';"
                " input.dispatchEvent(new Event('input')); input.parentNode.querySelector('button').click(); })()")
        self.assertEqual(page.js(f"{shown}.length"), total)

    # ---- findings ------------------------------------------------------------------------------------------------

    def test_findings_are_searched_and_those_that_the_page_does_not_hold_are_drawn(self):
        page = self.open(self.other(with_findings(json.loads(json.dumps(self.result)), 230)))
        static = page.js("document.querySelectorAll('#finding-static details.finding').length")
        page.js("document.querySelector('[type=search][aria-label=\"Search findings\"]').focus()")
        page.type("number 217 ")
        self.assertTrue(page.js("document.getElementById('finding-static').hidden"))
        listed = "[...document.querySelectorAll('#findings > div:not([id]) > details')]"
        self.assertEqual(page.js(f"{listed}.length"), 1)
        page.js(f"{listed}[0].open = true")
        page.until(f"{listed}[0].querySelector('table.schedule')")
        text = page.js(f"{listed}[0].innerText")
        for part in ("lost update number 217 of many", "CPU1 unblock own", "RemoveEntry", "locks held: pci_lock",
                     "cfgtorture replay ct1-9f3c-7a21-x86", "fingerprint 00000000000000d9", "Step through"):
            self.assertIn(part, text)
        page.js("[...document.querySelectorAll('#findings .filter button')].at(-1).click()")
        self.assertFalse(page.js("document.getElementById('finding-static').hidden"))
        page.js("document.querySelector('#finding-static [data-kind] button').click()")  # "and 228 more", list them
        self.assertEqual(page.js(f"{listed}.length"), 100)
        page.js("document.querySelector('button.more').click()")
        page.js("document.querySelector('button.more').click()")
        self.assertEqual(page.js(f"{listed}.length"), 231)  # and the one of the other bridge
        self.assertEqual(page.js("document.querySelectorAll('#finding-static details.finding').length"), static)
        choose = "document.querySelector('[aria-label=strategy]')"
        page.js(f"(() => {{ {choose}.selectedIndex = 2; {choose}.dispatchEvent(new Event('change')); }})()")
        name = page.js(f"{choose}.selectedOptions[0].text.replace(/ .*/, '')")
        self.assertEqual(set(page.js(f"{listed}.map((one) => one.querySelector('.who').textContent)")), {name})

    def test_ten_thousand_findings_are_listed_without_being_in_the_page(self):
        path = self.other(with_findings(json.loads(json.dumps(self.result)), 10000))
        self.assertLess(os.path.getsize(path), 16 << 20)
        page = self.open(path)
        self.assertLess(page.js("document.querySelectorAll('*').length"), 60000)
        page.js("[...document.querySelectorAll('#findings .filter button')].find((at) => "
                "at.textContent.startsWith('list all')).click()")
        self.assertRegex(page.js("document.querySelector('#findings .filter .count').textContent"), r"^(\d{5}) of \1$")
        self.assertEqual(page.js("document.querySelectorAll('#findings > div:not([id]) > details').length"), 100)

    def test_a_link_leads_to_a_finding_that_the_page_does_not_hold(self):
        page = self.open(self.other(with_findings(json.loads(json.dumps(self.result)), 30)))
        hidden = page.js("JSON.parse(document.getElementById('finding-data').textContent).findings"
                         ".find((finding) => !finding.x).id")
        page.js(f"location.hash = '#{hidden}'")
        page.until("document.querySelector('#findings > div:not([id]) > details[open] table.schedule')")
        page.js("location.hash = '#f1'")
        page.until("document.getElementById('f1').open && !document.getElementById('finding-static').hidden")

    def test_a_schedule_is_stepped_through_by_arrow_keys(self):
        page = self.open()
        page.js("location.hash = '#f1'")
        page.until("document.querySelector('#f1 .step button')")
        page.js("document.querySelector('#f1 .step button').focus()")
        page.press("Enter")
        panel = "document.querySelector('#f1 .stepper')"
        self.assertTrue(page.js(f"document.activeElement === {panel}"))
        where = f"{panel}.querySelector('.count').textContent"
        self.assertRegex(page.js(where), "^1 of ")
        marked = "[...document.querySelectorAll('#f1 tr.at')].map((row) => row.rowIndex)"
        self.assertEqual(page.js(marked), [1])
        page.press("ArrowDown")
        page.press("ArrowRight")
        self.assertRegex(page.js(where), "^3 of ")
        self.assertEqual(page.js(marked), [3])
        page.press("ArrowLeft")
        self.assertRegex(page.js(where), "^2 of ")
        page.press("End")
        last = page.js(where)
        self.assertEqual(last.split()[0], last.split()[2])
        page.press("Home")
        page.press("ArrowUp")
        self.assertRegex(page.js(where), "^1 of ")
        held = f"[...{panel}.querySelectorAll('dd')][0].innerText"
        self.assertEqual(page.js(held), "pci_lock: reader (CPU0)")
        line = f"{panel}.querySelector('.line').innerText"
        self.assertEqual(page.js(line).split("\n"), ["EarlyWake::user_read, locks/early_wake.cc:38", "pci_lock.lock_irq();"])
        for _ in range(3):
            page.press("ArrowRight")
        self.assertEqual(page.js(line), "no line of the code is known for this")
        page.press("End")
        self.assertEqual(page.js(held), "pci_cfg_wait.lock: unblock own (CPU1)")
        page.js("document.querySelector('#f1 .step button').click()")
        self.assertTrue(page.js(f"{panel}.hidden"))
        self.assertEqual(page.js(marked), [])

    def test_two_results_stand_beside_each_other(self):
        result = json.loads(json.dumps(self.result))
        cell = next(cell for cell in result["cells"] if cell["strategy"] == "readers" and not cell["findings"])
        hazard = next(iter(cell["hazards"]))
        cell["hazards"][hazard]["verdict"] = "found"
        cell["findings"] = [{**next(one for one in result["cells"] if one["findings"])["findings"][0], "hazard": hazard,
                             "fingerprint": "new", "title": "never seen before"}]
        measured = next(one for one in result["cells"] if one["engine"] == "native")
        measured["metrics"].update(operations_per_s=measured["metrics"]["operations_per_s"] / 2,
                                   operations_per_s_ci95=1.0)
        second = os.path.join(self.folder, "second.json")
        pathlib.Path(second).write_text(json.dumps(result))
        folder = tempfile.mkdtemp(dir=self.folder)
        page = self.open(render(folder, self.result, CFGT_SAMPLE_SECOND=second), width=400)
        self.assertIn("1 differs: 1 newly found", page.js("document.querySelector('.answer').textContent"))
        self.assertEqual(page.js("document.querySelector('#verdicts tbody tr th').innerText"), cell["id"])
        self.assertIn("0.50", page.js("document.querySelector('#cost').textContent"))
        page.js("document.querySelector('#findings details.finding').open = true")
        page.until("document.querySelector('.step button')")
        self.assertIn("never seen before", page.js("document.querySelector('#findings summary').textContent"))
        self.assertLessEqual(page.js("document.documentElement.scrollWidth"), 400)

    # ---- looks ---------------------------------------------------------------------------------------------------

    def test_colours_follow_the_system_until_the_reader_chooses(self):
        page = self.open()
        ground = "getComputedStyle(document.body).backgroundColor"
        light = page.js(ground)
        page.js("document.querySelector('figure.chart').scrollIntoView()")
        page.until("document.querySelector('figure.chart canvas')")
        page.prefer(dark=True)
        dark = page.js(ground)
        self.assertNotEqual(light, dark)
        page.js("document.getElementById('theme').focus()")
        page.press("Enter")
        self.assertEqual(page.js(ground), light)
        page.prefer(dark=False)
        page.press("Enter")
        self.assertEqual(page.js(ground), dark)
        # Text can be read on either ground: WCAG's 4.5 for what is small.
        for _ in range(2):
            self.assertGreater(page.js("""(() => {
              const light = (text) => { const [r, g, b] = text.match(/[\\d.]+/g).map((v) => v / 255)
                .map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
                return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
              const ground = (at) => { for (; at; at = at.parentElement) { const color = getComputedStyle(at).backgroundColor;
                if (!/, 0\\)|transparent/.test(color)) return light(color); } return 1; };
              return [...document.querySelectorAll('body *')].filter((at) => at.offsetParent &&
                !at.disabled && [...at.childNodes].some((node) => node.nodeType === 3 && node.data.trim())).map((at) => {
                const a = light(getComputedStyle(at).color), b = ground(at);
                return [(Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05), at.outerHTML.slice(0, 120)]; })
                .reduce((a, b) => (b[0] < a[0] ? b : a));
            })()"""), [4.5])
            page.press("Enter")

    def test_fits_a_phone_and_a_wall(self):
        for width in (400, 1280, 3840):
            page = self.open(width=width, height=900)
            self.assertLessEqual(page.js("document.documentElement.scrollWidth"), width)
            page.js("location.hash = '#f1'")
            page.until("document.querySelector('#f1 .step button')")
            page.js("document.querySelector('#f1 .step button').click()")
            self.assertLessEqual(page.js("document.documentElement.scrollWidth"), width)
            if width == 3840:  # text that a wall shows is larger, and uses the room
                self.assertGreater(page.js("parseFloat(getComputedStyle(document.body).fontSize)"), 20)
                self.assertGreater(page.js("document.querySelector('main').offsetWidth"), 2200)
            self.doCleanups()

    # ---- keyboard and screen reader ------------------------------------------------------------------------------

    def test_what_the_tab_key_reaches_is_seen_and_in_order(self):
        page = self.open()
        page.press("Tab")
        self.assertEqual(page.js("document.activeElement.getAttribute('href')"), "#main")
        last = -1
        for _ in range(60):
            page.press("Tab")
            name, outline, top = page.js(
                "(() => { const at = document.activeElement, style = getComputedStyle(at);"
                " return [at.outerHTML.slice(0, 80), `${style.outlineStyle} ${style.outlineWidth}`,"
                " at.getBoundingClientRect().top + scrollY]; })()")
            self.assertNotRegex(outline, "^none|^solid 0px", name)
            self.assertGreater(top, last - 60, name)
            last = top

    def test_a_screen_reader_finds_landmarks_and_names(self):
        page = self.open()
        page.js("for (const details of document.querySelectorAll('details')) details.open = true")
        page.until("document.querySelector('.step button')")
        for what, count in (("header", 1), ("main", 1), ("nav[aria-label]", 1), ("h1", 1)):
            self.assertEqual(page.js(f"document.querySelectorAll('{what}').length"), count, what)
        for what in ("table:not(:has(caption))", "th:not([scope])", "section:not([aria-labelledby])", "svg:not([aria-label])",
                     "input:not([aria-label]):not(label input)", "select:not([aria-label])", "canvas:not([aria-label])"):
            self.assertEqual(page.js(f"[...document.querySelectorAll('{what}')].map((at) => at.outerHTML.slice(0, 100))"),
                             [], what)
        levels = page.js("[...document.querySelectorAll('h1,h2,h3,h4')].map((at) => Number(at.tagName[1]))")
        self.assertTrue(all(b <= a + 1 for a, b in zip(levels, levels[1:])), levels)
        page.send("Accessibility.enable")
        roles = {"button", "searchbox", "textbox", "combobox", "checkbox", "link", "region", "table", "image", "group"}
        for node in page.send("Accessibility.getFullAXTree")["nodes"]:
            role = node.get("role", {}).get("value")
            if role in roles and not node.get("ignored") and role != "group":
                self.assertTrue(node.get("name", {}).get("value"), node)

    def test_is_whole_without_scripts(self):
        page = self.open()
        page.send("Emulation.setScriptExecutionDisabled", {"value": True})
        self.addCleanup(page.send, "Emulation.setScriptExecutionDisabled", {"value": False})
        page.send("Page.reload")
        page.until("document.querySelector('#left-out li')")
        self.assertEqual(page.js("document.querySelectorAll('button:not([hidden]), input').length"), 0)
        self.assertGreater(page.js("document.querySelectorAll('#finding-static details.finding').length"), 10)
        self.assertEqual(page.js("[...document.querySelectorAll('figure')].filter((at) => !at.hidden).length"), 0)

    # ---- names ---------------------------------------------------------------------------------------------------

    def test_names_stay_text_whatever_they_are(self):
        own = None
        for what, text in {"sample": None, **HOSTILE}.items():
            with self.subTest(what):
                result = with_findings(json.loads(json.dumps(self.result)), 6)
                page = self.open(self.other(result if text is None else hostile(result, text)), width=400)
                page.js("[...document.querySelectorAll('#findings .filter button')].find((at) => "
                        "at.textContent.startsWith('list all')).click()")
                page.js("for (const details of document.querySelectorAll('details')) details.open = true")
                page.until("document.querySelector('.step button')")
                page.js("for (const button of document.querySelectorAll('.step button')) button.click()")
                elements = page.js("[...new Set([...document.querySelectorAll('body *')].map((at) => at.tagName))].sort()")
                own = own or elements
                self.assertLessEqual(set(elements), set(own) | {"CANVAS"})  # no element that the sample has not
                self.assertEqual(page.js("typeof window.hacked"), "undefined")
                self.assertEqual(page.js("[...document.querySelectorAll('body *')].filter((at) => at.getAttributeNames()"
                                         ".some((name) => name.startsWith('on') || name === 'src')).length"), 0)
                self.assertLessEqual(page.js("document.documentElement.scrollWidth"), 400)
                if text is not None and what not in ("long", "right to left", "controls"):
                    self.assertTrue(page.js(f"document.body.textContent.includes({json.dumps(text[:60])})"))
                self.assertNotIn("\u202e", page.js("document.body.textContent"))
                self.doCleanups()


if __name__ == "__main__":
    REPORTS_TEST = os.path.abspath(sys.argv[1])
    unittest.main(argv=sys.argv[:1] + sys.argv[2:])
