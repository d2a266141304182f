"""The page as a browser sees it: its policy names the hash of the very script that it carries, and the data is JSON.

    page_test.py CFGT_REPORTS_TEST
"""

import base64
import hashlib
import html.parser
import json
import os
import subprocess
import sys
import tempfile
import unittest

REPORTS_TEST = sys.argv[1]


class Page(html.parser.HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.policy, self.scripts, self.charts, self.inside = "", [], 0, None
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        if attrs.get("http-equiv") == "Content-Security-Policy":
            self.policy = attrs["content"]
        if tag == "script":
            self.scripts.append((attrs.get("id", attrs.get("type", "")), []))
            self.inside = self.scripts[-1][1]
        self.charts += len(attrs.get("data-chart", "").split())
        for name, value in attrs.items():
            assert not name.startswith("on") and name != "src", (tag, name, value)

    def handle_endtag(self, tag):
        if tag == "script":
            self.inside = None

    def handle_data(self, data):
        if self.inside is not None:
            self.inside.append(data)


class PageTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "sample.html")
            subprocess.run([REPORTS_TEST, "--gtest_filter=Html.WritesTheSampleWhereAsked"], check=True,
                           stdout=subprocess.DEVNULL, env={**os.environ, "CFGT_SAMPLE_REPORT": path})
            with open(path, encoding="utf-8", newline="") as page:
                cls.page = Page(page.read())

    def test_policy_lets_its_own_script_run_and_no_other(self):
        (kind, text), = [script for script in self.page.scripts if not script[0].endswith("-data")]
        self.assertEqual(kind, "")
        digest = base64.b64encode(hashlib.sha256("".join(text).encode()).digest()).decode()
        self.assertEqual(self.page.policy,
                         f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{digest}'")

    def test_data_is_json_with_a_chart_for_each_place(self):
        data = {name: json.loads("".join(text)) for name, text in self.page.scripts if name}
        self.assertEqual(set(data), {"chart-data", "finding-data"})
        charts = data["chart-data"]
        self.assertEqual(len(charts), self.page.charts)
        self.assertEqual({chart["kind"] for chart in charts}, {"latency", "throughput", "contention"})
        for chart in charts:
            self.assertTrue(all(series["points"] for series in chart["series"]), chart["kind"])


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
