/* Draws the charts of report.html with Chart.js, from the JSON in #chart-data, and unhides their figures.
   Text of a run gets into a canvas alone, as text: nothing here makes markup. */
(() => {
  "use strict";
  const source = document.getElementById("chart-data");
  if (!source) return;
  const charts = JSON.parse(source.textContent);
  // Okabe and Ito's colour-blind-safe set, black and yellow replaced for what stands on white and on black; then the
  // same again, dashed.
  const PALETTE = {
    light: ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#b07d00", "#6a51a3", "#5b6570"],
    dark: ["#56b4e9", "#e8772e", "#2fc79b", "#e39ac4", "#e6e9ec", "#f0c93a", "#b39ddb", "#8b98a5"],
  };
  const color = (i) => {
    const colors = cfgtPage.isDark() ? PALETTE.dark : PALETTE.light;
    return colors[i % colors.length];
  };
  const dash = (i) => [[], [6, 3], [2, 2]][Math.floor(i / PALETTE.light.length) % 3];
  const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

  const digits = (value) => Number(value.toPrecision(3)).toString();
  const time = (ns) => {
    const [unit, size] = [["s", 1e9], ["ms", 1e6], ["µs", 1e3], ["ns", 0]].find(([, size]) => ns >= size);
    return digits(ns / (size || 1)) + " " + unit;
  };
  const share = (value) => digits(value * 100) + " %";
  // One in a hundred takes longer: that is the 99th percentile.
  const PERCENTILE = { "50 %": "p50", "10 %": "p90", "1 %": "p99", "0.1 %": "p99.9" };
  const tail = (value) => (PERCENTILE[share(value)] ? `${PERCENTILE[share(value)]}  ${share(value)}` : share(value));
  const count = (value) => {
    const [unit, size] = [["G", 1e9], ["M", 1e6], ["k", 1e3], ["", 0]].find(([, size]) => value >= size);
    return digits(value / (size || 1)) + unit;
  };
  // A label a decade; of axes that span less than two, also 2 and 5.
  const decade = (format) => function (value) {
    const lead = Number(value.toExponential().split("e")[0]);
    const few = this.max / this.min < 100;
    return lead === 1 || (few && (lead === 2 || lead === 5)) ? format(value) : null;
  };

  function lines(chart) {
    const log = (title, format) => ({
      type: "logarithmic",
      title: { display: true, text: title },
      ticks: { callback: decade(format), maxRotation: 0, autoSkip: false },
    });
    return {
      type: "line",
      data: {
        datasets: chart.series.map((series, i) => ({
          label: series.label,
          data: series.points.map(([x, y]) => ({ x, y })),
          borderColor: color(i),
          backgroundColor: color(i),
          borderDash: dash(i),
          borderWidth: 1.5,
          pointRadius: 0,
          pointHitRadius: 6,
        })),
      },
      options: {
        interaction: { mode: "nearest", intersect: false },
        scales: { x: log("took longer than", time), y: { ...log("share of calls", tail), max: 1 } },
        plugins: {
          legend: { position: "bottom", align: "start", labels: { boxWidth: 22, boxHeight: 0, padding: 8 } },
          tooltip: {
            callbacks: {
              title: () => "",
              label: (item) => `${item.dataset.label}: ${share(item.parsed.y)} over ${time(item.parsed.x)}`,
            },
          },
        },
      },
    };
  }

  function bars(chart, format, title) {
    return {
      type: "bar",
      data: {
        labels: chart.rows,
        datasets: chart.series.map((series, i) => {
          const data = Array(chart.rows.length).fill(null);
          for (const [row, value] of series.points) data[row] = value;
          return { label: series.label, data, backgroundColor: color(i) };
        }),
      },
      options: {
        indexAxis: "y",
        scales: {
          x: { beginAtZero: true, title: { display: true, text: title }, ticks: { callback: format, maxRotation: 0 } },
          y: { ticks: { autoSkip: false }, grid: { display: false } },
        },
        plugins: {
          legend: { position: "bottom", align: "start", labels: { boxWidth: 12, boxHeight: 8, padding: 8 } },
          tooltip: { callbacks: { label: (item) => `${item.dataset.label}: ${format(item.parsed.x)}` } },
        },
      },
    };
  }

  const configure = {
    latency: lines,
    throughput: (chart) => bars(chart, count, "operations/s"),
    contention: (chart) => bars(chart, share, "share of the threads' time"),
  };

  const drawn = new Map();  // figure -> its chart
  function draw(figure) {
    if (drawn.has(figure)) drawn.get(figure).destroy();
    const size = Number.parseFloat(getComputedStyle(document.documentElement).fontSize);
    Chart.defaults.animation = false;
    Chart.defaults.maintainAspectRatio = false;
    Chart.defaults.color = css("--soft");
    Chart.defaults.borderColor = css("--line");
    Chart.defaults.font.family = getComputedStyle(document.body).fontFamily;
    Chart.defaults.font.size = Math.round(size * 0.7);
    const chart = charts[Number(figure.querySelector("select")?.value ?? figure.dataset.chart)];
    let canvas = figure.querySelector("canvas");
    if (!canvas) {
      canvas = document.createElement("canvas");
      canvas.setAttribute("role", "img");
      const caption = figure.querySelector("figcaption").textContent;
      canvas.setAttribute("aria-label", caption + " The table has the figures.");
      figure.querySelector("div").append(canvas);
    }
    drawn.set(figure, new Chart(canvas, configure[chart.kind](chart)));
  }

  // Drawn when they come near: a page of many charts is shown at once.
  const near = new IntersectionObserver((entries) => {
    for (const { target, isIntersecting } of entries) {
      if (isIntersecting && !drawn.has(target)) draw(target);
    }
  }, { rootMargin: "50%" });
  for (const figure of document.querySelectorAll("figure[data-chart]")) {
    const numbers = figure.dataset.chart.split(" ").map(Number);
    const most = numbers.map((number) => charts[number]).reduce((a, b) => (b.series.length > a.series.length ? b : a));
    if (numbers.length > 1) {
      const select = document.createElement("select");
      select.setAttribute("aria-label", "Operation");
      for (const number of numbers) select.add(new Option(charts[number].operation, number));
      select.addEventListener("change", () => draw(figure));
      figure.querySelector("figcaption").prepend(select, " ");
    }
    const room = document.createElement("div");
    const rows = Math.max(most.rows.length * (most.series.length * 0.6 + 0.6) + 6, 21);
    room.style.height = `${most.kind === "latency" ? 22 + 0.6 * most.series.length : rows}rem`;
    figure.append(room);
    figure.hidden = false;
    const folded = figure.closest("details.more-charts");
    if (folded) folded.hidden = false;
    near.observe(figure);
  }
  const redraw = () => { for (const figure of drawn.keys()) draw(figure); };
  cfgtPage.onTheme(redraw);
  addEventListener("beforeprint", () => {
    for (const figure of document.querySelectorAll("figure[data-chart]")) if (!drawn.has(figure)) draw(figure);
  });
})();
