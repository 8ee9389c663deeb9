/**
 * Trend (趋势图): filed and closed by month on a canvas. The table beside it says the same; a mark opens its month.
 * @typedef {{ month: string, filed: number, closed: number }} Month
 */

/** @param {string} address @returns {Promise<any>} */
function library(address) {
  const known = /** @type {any} */ (window).echarts;
  if (known) return Promise.resolve(known);
  return new Promise((found, failed) => {
    const script = document.createElement("script");
    script.src = address;
    script.nonce = /** @type {HTMLScriptElement | null} */ (document.querySelector("script[nonce]"))?.nonce ?? "";
    script.onload = () => found(/** @type {any} */ (window).echarts);
    script.onerror = failed;
    document.head.append(script);
  });
}

class Trend extends HTMLElement {
  async connectedCallback() {
    const source = document.getElementById(this.dataset.rows ?? "");
    /** @type {Month[]} */
    const rows = JSON.parse(source?.textContent ?? "[]");
    const echarts = await library(this.dataset.lib ?? "").catch(() => null);
    if (!echarts || !this.isConnected) return;
    const colours = getComputedStyle(document.documentElement);
    const ink = colours.getPropertyValue("--ink-2").trim();
    const chart = echarts.init(this, null, { renderer: "canvas" });
    const line = (/** @type {"filed" | "closed"} */ name, /** @type {string} */ type) => ({
      name: this.dataset[name === "filed" ? "wordFiled" : "wordClosed"],
      type: "line",
      data: rows.map((row) => row[name]),
      lineStyle: { color: colours.getPropertyValue("--accent").trim(), type },
      itemStyle: { color: colours.getPropertyValue("--accent").trim() },
    });
    chart.setOption({
      animation: false,
      textStyle: { color: ink },
      grid: { left: 40, right: 12, top: 32, bottom: 24 },
      legend: { textStyle: { color: ink } },
      tooltip: { trigger: "axis", renderMode: "richText" },
      xAxis: { type: "category", data: rows.map((row) => row.month) },
      yAxis: { type: "value", minInterval: 1 },
      series: [line("filed", "solid"), line("closed", "dashed")],
    });
    chart.on("click", (/** @type {{ dataIndex: number }} */ mark) => {
      const row = rows[mark.dataIndex];
      if (row) location.href = `${this.dataset.href}${row.month}`;
    });
    new ResizeObserver(() => chart.resize()).observe(this);
  }
}

customElements.define("jd-trend", Trend);
