// Keeps an open page true: fetches its main part when something changed, and lets times run. Pages work without it.
const main = () => document.getElementById('main');

const units = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
  ['s', 1_000],
];

function relativeTime(at, now) {
  const distance = Math.abs(at - now);
  const unit = units.find(([, ms]) => distance >= ms);
  if (!unit) return 'now';
  const count = `${Math.floor(distance / unit[1])} ${unit[0]}`;
  return at > now ? `in ${count}` : `${count} ago`;
}

function runTimes() {
  const now = Date.now();
  for (const time of document.querySelectorAll('time[data-relative]')) {
    const text = relativeTime(Date.parse(time.dateTime), now);
    if (time.textContent !== text) time.textContent = text;
  }
}

function runCountdown() {
  for (const time of document.querySelectorAll('time[data-countdown]')) {
    const left = Math.ceil((Date.parse(time.dateTime) - Date.now()) / 1000);
    time.textContent = left > 0 ? `in ${left} s` : 'already: press “Not now” and begin again';
    const button = document.getElementById('confirm');
    if (button) button.disabled = left <= 0;
  }
}

/** Whether the person has begun something in this page that a swap would undo. */
function isBusy() {
  const fields = [...main().querySelectorAll('textarea, input:not([type=hidden]), select')];
  return fields.some((field) => {
    if (field.type === 'radio' || field.type === 'checkbox') return field.checked !== field.defaultChecked;
    if (field instanceof HTMLSelectElement) return field === document.activeElement;
    const isTheirs = main().dataset.holds !== undefined || field === document.activeElement;
    return field.value !== field.defaultValue || (isTheirs && field.value !== '');
  });
}

/** What a page says, without what differs at every look. */
function gist(of) {
  const copy = of.cloneNode(true);
  copy.removeAttribute('data-seq');
  for (const time of copy.querySelectorAll('time[data-relative]')) time.textContent = '';
  return copy.outerHTML;
}

function show(fresh) {
  const old = main();
  const focused = old.contains(document.activeElement) ? document.activeElement.id : '';
  const openOnes = [...old.querySelectorAll('details[open][id]')].map((details) => details.id);
  const said = old.dataset.announce;
  old.replaceWith(fresh);
  for (const id of openOnes) document.getElementById(id)?.setAttribute('open', '');
  if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
  document.title = fresh.dataset.title ?? document.title;
  if (fresh.dataset.announce && fresh.dataset.announce !== said) {
    document.getElementById('announce').textContent = fresh.dataset.announce;
  }
  runTimes();
}

// As it came: not opened, not typed into.
let shown = gist(main());
let fetching = false;
let changedAgain = false;

async function refresh() {
  const from = main().dataset.live;
  if (!from) return;
  if (fetching) {
    changedAgain = true;
    return;
  }
  fetching = true;
  try {
    const answer = await fetch(from, { headers: { 'X-Fragment': 'main', Accept: 'text/html' } });
    if (answer.status === 401) location.reload();
    if (!answer.ok) return;
    const fresh = new DOMParser().parseFromString(await answer.text(), 'text/html').getElementById('main');
    if (!fresh) return;
    const old = main();
    const news = gist(fresh);
    const isSame = old.dataset.holds === undefined ? news === shown : fresh.dataset.announce === old.dataset.announce;
    if (isSame) {
      old.dataset.seq = fresh.dataset.seq;
    } else if (isBusy()) {
      document.getElementById('live-notice').hidden = false;
    } else {
      shown = news;
      show(fresh);
    }
  } catch (error) {
    // No connection: the stream breaks with it, and its next opening refreshes.
    if (!(error instanceof TypeError)) throw error;
  } finally {
    fetching = false;
    if (changedAgain) {
      changedAgain = false;
      void refresh();
    }
  }
}

let stream;

function follow() {
  if (stream || !main().dataset.live) return;
  stream = new EventSource(`/live?seq=${main().dataset.seq}`);
  stream.addEventListener('changed', refresh);
  stream.addEventListener('ended', () => location.reload());
  let wasOpen = false;
  stream.addEventListener('open', () => {
    // The first time the server says what happened since the page was made; it cannot after a restart on an older store.
    if (wasOpen) void refresh();
    wasOpen = true;
  });
}

function leave() {
  stream?.close();
  stream = undefined;
}

document.addEventListener('visibilitychange', () => {
  // A browser opens only a handful of connections to one host: pages nobody sees let theirs go, save for the inbox.
  if (document.hidden && main().dataset.live !== '/') leave();
  else if (!document.hidden && !stream) {
    void refresh();
    follow();
  }
});
addEventListener('pagehide', leave);
addEventListener('pageshow', (event) => {
  if (event.persisted) {
    void refresh();
    follow();
  }
});

runTimes();
runCountdown();
setInterval(runTimes, 10_000);
setInterval(runCountdown, 1_000);
setInterval(() => {
  if (main().dataset.runs !== undefined && !document.hidden) void refresh();
}, 1_500);
follow();
