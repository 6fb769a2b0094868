// <metrics-panel data-figures="state|ttft|now|average|tokens|duration|steps">: writes the figures out, and adds one point to
// the chart for each value of them. The chart is a fixed window; it is never sent.
const Points = 60;
const Width = 240;
const Height = 56;
const number = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const words = { cancelled: 'stopped', incomplete: 'cut off' };

class MetricsPanel extends HTMLElement {
  static observedAttributes = ['data-figures'];
  #points = [];
  #running = false;
  #clock;

  connectedCallback() {
    // The parser may not have come to the children yet.
    queueMicrotask(() => this.#show());
  }

  disconnectedCallback() {
    clearInterval(this.#clock);
  }

  attributeChangedCallback(name) {
    if (name === 'data-figures' && this.isConnected) {
      this.#show();
    }
  }

  #show() {
    const [state, ...figures] = (this.dataset.figures ?? '').split('|');
    const [ttft, now, average, tokens, duration, steps] = figures.map((figure) => (figure ? Number(figure) : null));
    const running = ['waiting', 'thinking', 'streaming'].includes(state);
    if (running && !this.#running) {
      this.#points = [];
    }

    this.#running = running;
    if (now != null) {
      this.#points.push(now);
    }

    this.dataset.state = state;
    this.#write('state', state ? (words[state] ?? state) : 'No answer yet');
    this.#write('ttft', time(ttft));
    this.#write('rate', rate(running ? (now ?? average) : average));
    this.#write('average', running && average != null ? `${rate(average)} on average` : '');
    this.#write('tokens', tokens == null ? '–' : number.format(tokens));
    this.#time(duration, running);
    this.#write('steps', steps ? number.format(steps) : '–');
    this.#write('summary', [average != null && `${rate(running ? (now ?? average) : average)} tok/s`, ttft != null && time(ttft)].filter(Boolean).join(' · ') || (words[state] ?? state) || 'Metrics');
    this.#draw();
  }

  // Nothing is sent while nothing comes, but time goes by.
  #time(duration, running) {
    clearInterval(this.#clock);
    this.#write('duration', time(duration));
    if (running) {
      const start = performance.now() - duration;
      this.#clock = setInterval(() => this.#write('duration', time(performance.now() - start)), 500);
    }
  }

  #write(figure, text) {
    const element = this.querySelector(`[data-figure="${figure}"]`);
    if (element && element.textContent !== text) {
      element.textContent = text;
    }
  }

  #draw() {
    const points = this.#points.slice(-Points);
    const top = Math.max(...points, 1) * 1.15;
    const line = points.map((point, i) => `${(i * Width) / (Points - 1)} ${Height - 1 - (point / top) * (Height - 4)}`).join('L');
    const end = ((points.length - 1) * Width) / (Points - 1);
    this.querySelector('.curve')?.setAttribute('d', points.length > 1 ? `M${line}` : '');
    this.querySelector('.area')?.setAttribute('d', points.length > 1 ? `M0 ${Height}L${line}L${end} ${Height}Z` : '');
    this.#write('peak', points.length > 1 ? `peak ${rate(Math.max(...points))}` : '');
  }
}

function time(ms) {
  return ms == null ? '–' : ms < 999.5 ? `${number.format(ms)} ms` : ms < 59950 ? `${(ms / 1000).toFixed(1)} s`
    : minutes(Math.round(ms / 1000));
}

function minutes(seconds) {
  return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

function rate(value) {
  return value == null ? '–' : value < 10 ? value.toFixed(1) : number.format(value);
}

customElements.define('metrics-panel', MetricsPanel);
