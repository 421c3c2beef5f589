"use strict";
// The charts of a backtest's page: drawn from the data block of the same page, nothing is fetched.
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
  const faded = (name, share) => {
    const hex = colour(name).replace("#", "");
    const full = hex.length === 3 ? [...hex].map((c) => c + c).join("") : hex;
    const [r, g, b] = [0, 2, 4].map((at) => parseInt(full.slice(at, at + 2), 16));
    return `rgba(${r},${g},${b},${share})`;
  };
  const number = (value, decimals = 2) =>
    value == null ? "–" : value.toLocaleString("en-US", { minimumFractionDigits: decimals, maximumFractionDigits: decimals });
  const percent = (value) => (value == null ? "–" : `${number(value * 100)} %`);
  const time = (seconds) => (seconds == null ? "–" : new Date(seconds * 1000).toISOString().slice(0, 16).replace("T", " "));
  const sync = uPlot.sync("time");
  const plots = [];

  const axis = (extra) => ({
    stroke: () => colour("faint"), grid: { stroke: () => colour("rule"), width: 1 }, ticks: { stroke: () => colour("rule"), width: 1 },
    font: "12px system-ui", ...extra,
  });
  let zooming = false;
  const zoomTogether = (plot, key) => {
    if (key !== "x" || zooming) return;
    zooming = true;
    const { min, max } = plot.scales.x;
    for (const other of plots) if (other !== plot && other.follows) other.setScale("x", { min, max });
    zooming = false;
  };
  const timePlot = (id, columns, series, format, height, hooks = {}) => {
    const place = document.getElementById(id);
    if (!place || !columns[0].length) return;
    const plot = new uPlot({
      width: place.clientWidth, height,
      tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), "Etc/UTC"),
      cursor: { sync: { key: sync.key, setSeries: false }, drag: { x: true, y: false }, points: { size: 6 } },
      scales: { x: { time: true } },
      axes: [axis({}), axis({ size: 78, values: (_, ticks) => ticks.map((tick) => format(tick, true)) })],
      series: [{ label: "time (UTC)", value: (_, raw) => time(raw) }, ...series],
      hooks: { ...hooks, setScale: [zoomTogether] },
    }, columns, place);
    plot.follows = true;
    plots.push(plot);
    sync.sub(plot);
    const size = new ResizeObserver(() => plot.setSize({ width: place.clientWidth, height }));
    size.observe(place);
  };
  const line = (label, name, value, extra = {}) => ({
    label, stroke: () => colour(name), width: 1.5, value: (_, raw) => value(raw), points: { show: false }, ...extra,
  });

  const fills = (rows) => (plot) => {
    const { ctx } = plot, { min, max } = plot.scales.x, { left, top, width, height } = plot.bbox;
    const seen = rows.filter(([at]) => at >= min && at <= max);
    const size = (seen.length > 1500 ? 1.2 : seen.length > 400 ? 2.5 : 5) * devicePixelRatio;
    ctx.save();
    ctx.beginPath();
    ctx.rect(left, top, width, height);
    ctx.clip();
    for (const [at, price, isBuy] of seen) {
      const x = plot.valToPos(at, "x", true), y = plot.valToPos(price, "y", true), up = isBuy ? 1 : -1;
      ctx.beginPath();
      ctx.moveTo(x, y);
      ctx.lineTo(x - size, y + up * 1.7 * size);
      ctx.lineTo(x + size, y + up * 1.7 * size);
      ctx.closePath();
      ctx.fillStyle = colour(isBuy ? "buy" : "sell");
      ctx.fill();
    }
    ctx.restore();
  };

  data.prices.forEach((each, at) => {
    timePlot(`price-${at}`, each.columns, [line(each.label, "price", (v) => number(v, each.decimals))],
      (v) => number(v, Math.min(2, each.decimals)), 280, { draw: [fills(each.fills)] });
  });
  timePlot("equity", data.equity, [
    line("strategy", "equity", number, { fill: () => faded("equity", 0.1), fillTo: (u) => u.scales.y.min }),
    line("holding", "hold", number),
  ], (v) => number(v, 0), 260);
  timePlot("underwater", data.underwater, [
    line("below the peak", "drop", percent, { fill: () => faded("drop", 0.2) }),
  ], percent, 160);

  const bins = document.getElementById("distribution");
  if (bins && data.distribution[0].length) {
    const bars = uPlot.paths.bars({ size: [0.94, 90] });
    const plot = new uPlot({
      width: bins.clientWidth, height: 200,
      scales: { x: { time: false } },
      cursor: { drag: { x: true, y: false } },
      axes: [axis({ values: (_, ticks) => ticks.map((tick) => number(tick, 0)) }), axis({ size: 56 })],
      series: [
        { label: `profit of a trade, ${data.asset}`, value: (_, raw) => number(raw) },
        line("won", "good", (v) => number(v, 0), { paths: bars, fill: () => faded("good", 0.75), width: 0 }),
        line("lost", "bad", (v) => number(v, 0), { paths: bars, fill: () => faded("bad", 0.75), width: 0 }),
      ],
    }, data.distribution, bins);
    plots.push(plot);
    new ResizeObserver(() => plot.setSize({ width: bins.clientWidth, height: 200 })).observe(bins);
  }
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => plots.forEach((plot) => plot.redraw(true, true)));
})();
