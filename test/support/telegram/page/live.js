// Shows what changed without losing what is being written; without this script every button still works.
const scrollDown = () => {
  const main = document.querySelector('main');
  if (main) main.scrollTop = main.scrollHeight;
};

const refresh = async () => {
  const reply = await fetch(location.href);
  const fresh = new DOMParser().parseFromString(await reply.text(), 'text/html');
  const main = document.querySelector('main');
  const wasAtEnd = main.scrollHeight - main.scrollTop - main.clientHeight < 80;
  for (const id of ['chat', 'said']) document.getElementById(id)?.replaceWith(fresh.getElementById(id));
  if (wasAtEnd) scrollDown();
  clearTimeout(refresh.later);
  if (document.querySelector('.toast')) refresh.later = setTimeout(refresh, 2_000);
};

let waiting;
new EventSource('/live').addEventListener('message', () => {
  clearTimeout(waiting);
  waiting = setTimeout(refresh, 60);
});

document.addEventListener('submit', async (event) => {
  const form = event.target;
  if (!form.closest('#chat, #said')) return;
  event.preventDefault();
  await fetch(form.action, { method: 'POST', body: new URLSearchParams(new FormData(form)) });
  await refresh();
});

document.addEventListener('keydown', (event) => {
  if (event.key !== 'Enter' || event.shiftKey || event.target.tagName !== 'TEXTAREA') return;
  event.preventDefault();
  event.target.form.requestSubmit();
});

scrollDown();
